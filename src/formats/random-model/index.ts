/** Models with random weights, for tests and benchmarks. */
export * from "./shape.js";
export * from "./shapes.js";
export * from "./vocabulary.js";
export * from "./write-random-model.js";
