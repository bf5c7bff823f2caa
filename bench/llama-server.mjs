// llama-server, built from the same source and run with the same CPU kernels as everything else.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { llamaSource, prebuiltLibraries } from "../scripts/llama-cpp.mjs";
import { root } from "../scripts/paths.mjs";

const build = join(root, "build", "llama-server");

/** The path of llama-server, or undefined where `npm run bench:setup -- --server` has not run. */
export function llamaServer() {
  const program = join(
    build,
    "bin",
    process.platform === "win32" ? "llama-server.exe" : "llama-server",
  );
  return existsSync(program) ? program : undefined;
}

/** Builds llama-server without the web page; minutes on two cores. */
export function buildLlamaServer() {
  // The CPU code comes from the prebuilt libraries, which choose the best variant at run time.
  const on = ["GGML_BACKEND_DL", "BUILD_SHARED_LIBS"];
  const off = [
    ...["GGML_CPU", "LLAMA_USE_PREBUILT_UI", "LLAMA_CURL", "LLAMA_OPENSSL"],
    ...["LLAMA_BUILD_TESTS", "LLAMA_BUILD_EXAMPLES"],
  ];
  const options = [...on.map((name) => `-D${name}=ON`), ...off.map((name) => `-D${name}=OFF`)];
  run(["-S", llamaSource(), "-B", build, "-DCMAKE_BUILD_TYPE=Release", ...options]);
  run(["--build", build, "--target", "llama-server", "--parallel", "2"]);
  const libraries = prebuiltLibraries();
  for (const name of readdirSync(libraries).filter((name) => name.includes("ggml-cpu-"))) {
    copyFileSync(join(libraries, name), join(build, "bin", name));
  }
}

/**
 * Starts llama-server on a model and waits until it answers.
 *
 * @param {string} model
 * @param {{ threads: number, contextSize: number, slots?: number }} options - `contextSize` is that
 * of one slot.
 * @returns an object with `post(path, body)`, which resolves to the answer's JSON, and `stop()`.
 */
export async function startLlamaServer(model, { threads, contextSize, slots = 1 }) {
  const port = await freePort();
  const child = spawn(
    llamaServer(),
    [
      ...["--model", model, "--host", "127.0.0.1", "--port", port, "--no-webui"],
      ...["--threads", threads, "--ctx-size", contextSize * slots, "--parallel", slots],
    ].map(String),
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let log = "";
  child.stderr.on("data", (chunk) => (log = (log + chunk).slice(-4000)));
  const address = `http://127.0.0.1:${port}`;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`llama-server ended:\n${log}`);
    const health = await fetch(`${address}/health`).catch(() => undefined);
    if (health?.ok) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    async post(path, body) {
      const response = await fetch(address + path, { method: "POST", body: JSON.stringify(body) });
      if (!response.ok) throw new Error(`llama-server: ${await response.text()}`);
      return response.json();
    },
    async stop() {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  return port;
}

function run(args) {
  if (spawnSync("cmake", args, { stdio: "inherit" }).status !== 0) process.exit(1);
}
