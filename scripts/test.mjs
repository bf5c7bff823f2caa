// All checks of the project, the quick ones first; stops after the first that fails.
// Steps of one stage run side by side: most of them keep one core busy.
import { spawn } from "node:child_process";
import { root } from "./paths.mjs";

const stages = [
  // Scripts take their types from dist.
  [
    ["addon", "node", "scripts/build-native.mjs"],
    ["dist", "node", "scripts/build-ts.mjs"],
  ],
  [
    ["lint", "npx", "eslint", "."],
    [
      ["formatting", "npx", "prettier", "--check", "--log-level", "warn", "."],
      ["C++ formatting", "node", "scripts/format-native.mjs", "--check"],
      ["types", "npx", "tsc", "--noEmit", "-p", "tsconfig.check.json"],
    ],
  ],
  [["TypeScript tests", "npx", "vitest", "run"]],
  [["C++ tests", "node", "scripts/test-native.mjs"]],
  [["C++ tests under sanitizers", "node", "scripts/test-native.mjs", "--sanitize"]],
];

for (const stage of stages) {
  const lanes = stage.map((lane) => (Array.isArray(lane[0]) ? lane : [lane]));
  const passed = await Promise.all(lanes.map(runLane));
  if (passed.includes(false)) process.exit(1);
}

async function runLane(steps) {
  for (const step of steps) if (!(await runStep(step))) return false;
  return true;
}

async function runStep([name, command, ...args]) {
  const start = performance.now();
  const child = spawn(command, args, {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  const status = await new Promise((resolve) => {
    child.on("error", (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.on("close", resolve);
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${status === 0 ? "ok" : "FAILED"}  ${name} (${seconds} s)`);
  return status === 0;
}
