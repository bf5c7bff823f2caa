import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/model/**", "node_modules/**"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What tests prepare from vocabularies stays in this folder of the project.
    env: { LORIKEET_CACHE: "build/test-cache" },
    pool: "forks",
    maxWorkers: 2,
  },
});
