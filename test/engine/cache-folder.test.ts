import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { resolveCacheFolder } from "../../src/engine/cache-folder.js";

describe("the cache folder", () => {
  test("is the option before the variable before the platform's", () => {
    const environment = { LORIKEET_CACHE: "from-variable", XDG_CACHE_HOME: "/xdg" };
    expect(resolveCacheFolder("from-option", environment, "linux")).toBe(resolve("from-option"));
    expect(resolveCacheFolder(undefined, environment, "linux")).toBe(resolve("from-variable"));
    const { XDG_CACHE_HOME } = environment;
    expect(resolveCacheFolder(undefined, { XDG_CACHE_HOME }, "linux")).toBe(
      join("/xdg", "lorikeet"),
    );
  });

  test("is none where the option is false or the variable empty", () => {
    expect(resolveCacheFolder(false, { LORIKEET_CACHE: "somewhere" }, "linux")).toBe("");
    expect(resolveCacheFolder(undefined, { LORIKEET_CACHE: "" }, "linux")).toBe("");
  });

  test("follows each platform's custom, and ignores a relative XDG_CACHE_HOME", () => {
    const home = homedir();
    expect(resolveCacheFolder(undefined, { XDG_CACHE_HOME: "relative" }, "linux")).toBe(
      join(home, ".cache", "lorikeet"),
    );
    expect(resolveCacheFolder(undefined, {}, "darwin")).toBe(
      join(home, "Library", "Caches", "lorikeet"),
    );
    expect(resolveCacheFolder(undefined, { LOCALAPPDATA: "C:/local" }, "win32")).toBe(
      join("C:/local", "lorikeet", "Cache"),
    );
  });
});
