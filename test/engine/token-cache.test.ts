/** Tokens of texts that prompts repeat. */
import { describe, expect, it } from "vitest";
import { TokenCache } from "../../src/engine/token-cache.js";

const text = (name: string, length: number) => name.padEnd(length, "x");
const long = 400_000;

describe("TokenCache", () => {
  it("gives what was added", () => {
    const cache = new TokenCache();
    cache.add("a", Int32Array.of(1));
    expect(cache.get("a")).toEqual(Int32Array.of(1));
    expect(cache.get("b")).toBeUndefined();
  });

  it("drops what was used longest ago", () => {
    const cache = new TokenCache();
    for (let i = 0; i < 10; i++) cache.add(text(`${i} `, long), Int32Array.of(i));
    cache.get(text("0 ", long));
    cache.add(text("10 ", long), Int32Array.of(10));
    expect(cache.get(text("0 ", long))).toEqual(Int32Array.of(0));
    expect(cache.get(text("1 ", long))).toBeUndefined();
    expect(cache.get(text("2 ", long))).toEqual(Int32Array.of(2));
  });

  it("bounds short texts too, and leaves out the longest", () => {
    const cache = new TokenCache();
    for (let i = 0; i < 80_000; i++) cache.add(String(i), Int32Array.of(i));
    expect(cache.get("0")).toBeUndefined();
    expect(cache.get("79999")).toEqual(Int32Array.of(79_999));
    cache.add(text("all", 800_000), Int32Array.of(1));
    expect(cache.get(text("all", 800_000))).toBeUndefined();
    expect(cache.get("79999")).toEqual(Int32Array.of(79_999));
  });
});
