// Builds and runs the C++ tests.
//   node scripts/test-native.mjs [--sanitize] [--filter TEXT]
// --sanitize: with address and undefined-behaviour sanitizers, without the tests named "long/...".
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { llamaSource, prebuiltLibraries } from "./llama-cpp.mjs";
import { root } from "./paths.mjs";
import { checkToolchain } from "./toolchain.mjs";

const { values } = parseArgs({
  options: {
    sanitize: { type: "boolean", default: false },
    filter: { type: "string", default: "" },
  },
});

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

checkToolchain();
const libraries = prebuiltLibraries();
const build = values.sanitize ? configureSanitized() : updateAddonBuild();
run("cmake", ["--build", build, "--target", "tests", "--parallel", "2"], {
  stdio: ["ignore", "ignore", "inherit"],
});

/** The addon's own build folder: its libraries are tested as they are shipped. */
function updateAddonBuild() {
  run(process.execPath, [join(root, "scripts", "build-native.mjs")]);
  return join(root, "build", "native");
}

function configureSanitized() {
  const folder = join(root, "build", "sanitize");
  run(
    "cmake",
    [
      ...["-S", root, "-B", folder, "-DLORIKEET_ADDON=OFF", "-DLORIKEET_TESTS=ON"],
      // Optimised code runs three times as fast, but takes longer to compile than it saves.
      ...["-DCMAKE_BUILD_TYPE=Sanitize", "-DCMAKE_CXX_FLAGS_SANITIZE=-O0"],
      "-DLORIKEET_SANITIZE=ON",
      `-DLORIKEET_LLAMA_SOURCE=${llamaSource()}`,
      `-DLORIKEET_LLAMA_LIBRARIES=${libraries}`,
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  return folder;
}

// Two programs at a time; the output of each is printed whole.
const waiting = readdirSync(join(build, "test", "native")).filter((name) =>
  /_tests(\.exe)?$/.test(name),
);
await Promise.all([runPrograms(), runPrograms()]);

async function runPrograms() {
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const { status, output } = await runProgram(name);
    console.log(`${name}${values.sanitize ? " (sanitizers)" : ""}\n${output}`);
    if (status !== 0) process.exitCode = 1;
  }
}

/** @returns {Promise<{ status: number | null, output: string }>} */
function runProgram(name) {
  const program = spawn(
    join(build, "test", "native", name),
    [...(values.sanitize ? ["--quick"] : []), values.filter].filter(Boolean),
    {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        LORIKEET_ROOT: root,
        LORIKEET_LLAMA_SOURCE: llamaSource(),
        LORIKEET_LLAMA_LIBRARIES: existsSync(libraries ?? "") ? libraries : "",
        // llama.cpp's libraries are not instrumented and keep what they allocate once for the process.
        ASAN_OPTIONS: "detect_leaks=0",
      },
    },
  );
  let output = "";
  for (const stream of [program.stdout, program.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => (output += text));
  }
  return new Promise((resolve, reject) => {
    program.on("error", reject);
    program.on("close", (status) => resolve({ status, output: output.trimEnd() }));
  });
}
