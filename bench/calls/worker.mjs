// Programs that stay loaded and answer requests, one JSON line each: both ends of the line.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Starts a Node program of this kind; `ask` sends a request and resolves to its answer. */
export function startWorker(script, args) {
  const child = spawn(process.execPath, [script, ...args.map(String)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error(`${script} ended in the middle of a request.`);
        // llama.cpp may print lines of its own.
        if (value.startsWith("{")) return JSON.parse(value);
      }
    },
    stop() {
      child.stdin.end();
    },
  };
}

/** Answers each line of the standard input with what `answer` resolves to. */
export async function serveLines(answer) {
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await answer(JSON.parse(line))));
  }
}
