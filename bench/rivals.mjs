// Which rivals are installed, and what to do where one is not.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "../scripts/paths.mjs";
import { llamaServer } from "./llama-server.mjs";
import { llguidanceProgram } from "./llguidance.mjs";

const rivals = {
  "node-llama-cpp": {
    found: () => isInstalled("node-llama-cpp"),
    remedy: "npm run bench:setup",
  },
  XGrammar: {
    found: () => isInstalled("@mlc-ai/web-xgrammar"),
    remedy: "npm run bench:setup",
  },
  "llama-server": {
    found: () => llamaServer() !== undefined,
    remedy: "npm run bench:setup -- --server",
  },
  llguidance: {
    found: () => llguidanceProgram() !== undefined,
    remedy: "npm run bench:setup, with cargo (Rust) at hand",
  },
};

/**
 * Whether all of `names` can be run. Where one is missing it says so and ends the process with
 * status 1, unless `withoutRivals` allows to go on without any.
 */
export function requireRivals(names, withoutRivals) {
  if (withoutRivals) return false;
  const missing = names.filter((name) => !rivals[name].found());
  for (const name of missing) {
    console.error(`Missing rival: ${name}. Bring it in with: ${rivals[name].remedy}`);
  }
  if (missing.length > 0) {
    console.error("Or leave the rivals out with: --without-rivals");
    process.exit(1);
  }
  return true;
}

/** @param {string} name - a package of bench/package.json. */
function isInstalled(name) {
  return existsSync(join(root, "bench", "node_modules", name, "package.json"));
}
