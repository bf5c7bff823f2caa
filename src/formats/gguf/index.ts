/** GGUF files: reading and writing metadata and tensors. */
export * from "./encode-tensor.js";
export * from "./metadata.js";
export * from "./read.js";
export * from "./special-tokens.js";
export * from "./tensor-type.js";
export * from "./write.js";
