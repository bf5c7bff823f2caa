import { copyFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadModel, Model, ModelError, OptionError, readFileInfo } from "../../src/index.js";
import { brokenModels } from "../support/models/broken-models.js";
import { tinyModel } from "../support/models/tiny-models.js";

describe("loading a model", () => {
  test("reports progress from 0 to 1 in order", async () => {
    const fractions: number[] = [];
    const path = await tinyModel("gemma3");
    const model = await loadModel(path, { onProgress: (fraction) => fractions.push(fraction) });
    await model.dispose();
    expect(fractions).toEqual([...new Set(fractions)].toSorted((a, b) => a - b));
    expect(fractions[0]).toBeGreaterThanOrEqual(0);
    expect(fractions.at(-1)).toBe(1);
  });

  test("rejects with the reason of a signal that aborted before", async () => {
    const reason = new Error("changed my mind");
    const load = loadModel(await tinyModel("gemma3"), { signal: AbortSignal.abort(reason) });
    await expect(load).rejects.toBe(reason);
  });

  test("rejects with the reason of a signal that aborts while it loads", async () => {
    const controller = new AbortController();
    const load = loadModel(await tinyModel("gemma3", { vocabulary: "gemma4" }), {
      signal: controller.signal,
    });
    const reason = new Error("changed my mind");
    controller.abort(reason);
    await expect(load).rejects.toBe(reason);
  });

  test("rejects with the reason of a signal that aborts at the last moment", async () => {
    const controller = new AbortController();
    const onProgress = (fraction: number) => {
      if (fraction === 1) controller.abort("too late");
    };
    const load = loadModel(await tinyModel("gemma3"), { onProgress, signal: controller.signal });
    await expect(load).rejects.toBe("too late");
  });

  test("rejects with what onProgress throws", async () => {
    const error = new Error("the progress bar is broken");
    const onProgress = () => {
      throw error;
    };
    const load = loadModel(await tinyModel("gemma3"), { onProgress });
    await expect(load).rejects.toBe(error);
  });

  test.each([
    [{ contextSize: "8" }, "INVALID_OPTION"],
    [{ slots: 0 }, "INVALID_OPTION"],
    [5, "INVALID_OPTION"],
    [{ contextsize: 8192 }, "UNKNOWN_OPTION"],
  ])("refuses the options %j before it reads the file", async (options, code) => {
    const load = loadModel("x.gguf", options as object);
    await expect(load).rejects.toMatchObject({ code, name: "OptionError" });
  });

  test("keeps the vocabulary's image in the folder that it is given", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lorikeet-cache-"));
    const model = await loadModel(await tinyModel("gemma3"), { cacheFolder: folder });
    await (await model.compileGrammar('root ::= "yes"')).dispose();
    await model.dispose();
    expect(await readdir(folder)).toEqual([
      expect.stringMatching(/^vocabulary-[0-9a-f]{16}\.bin$/),
    ]);
    await rm(folder, { recursive: true });
  });

  test.each(brokenModels.map((broken) => [broken.name, broken] as const))(
    "refuses %s with a code of its own",
    async (_, broken) => {
      const load = loadModel(await broken.path());
      await expect(load).rejects.toMatchObject({ code: broken.code, name: "ModelError" });
    },
  );

  test("refuses a path that systems would cut short", async () => {
    const path = `${await tinyModel("gemma3")}\0.gguf`;
    await expect(loadModel(path)).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });

  test("refuses a path where nothing is", async () => {
    const load = loadModel("no-such-file.gguf");
    await expect(load).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
    await expect(load).rejects.toBeInstanceOf(ModelError);
  });

  test("names a misspelt option and the nearest known one", async () => {
    const load = loadModel("x.gguf", { gpuLayer: 3 } as object);
    await expect(load).rejects.toThrow(/"gpuLayer".*"gpuLayers"/);
    await expect(load).rejects.toBeInstanceOf(OptionError);
  });

  test("reads a folder with a name of any script", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lorikeet-模型-é-"));
    try {
      const path = join(folder, "tiny 🦜.gguf");
      await copyFile(await tinyModel("gemma3"), path);
      const model = await loadModel(path);
      expect(model.architecture).toBe("gemma3");
      await model.dispose();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("a loaded model", () => {
  let model: Model;

  beforeAll(async () => {
    model = await loadModel(await tinyModel("gemma4", { vocabulary: "gemma4" }));
  });
  afterAll(() => model.dispose());

  test("says what its file says", async () => {
    const info = await readFileInfo(model.path);
    expect(model.architecture).toBe("gemma4");
    expect(model.vocabularySize).toBe(262_144);
    expect(model.parameterCount).toBe(info.parameterCount);
    expect(model.metadata["general.architecture"]).toBe("gemma4");
    expect(info.metadata["tokenizer.ggml.tokens"]).toMatchObject({ length: 262_144 });
  });

  test("takes spellings of special tokens as such only when asked", async () => {
    const id = model.specialToken("<turn|>");
    expect(id).toBeDefined();
    expect(Array.from(await model.tokenize("<turn|>", { special: true }))).toEqual([id]);
    expect(Array.from(await model.tokenize("<turn|>"))).not.toContain(id);
    expect(model.detokenize([id!])).toBe("");
    expect(model.detokenize([id!], { special: true })).toBe("<turn|>");
  });

  test("gives back any text that it tokenised", async () => {
    for (const text of ["", "Hello", "  two  spaces\n\ttab", "naïve 世界 🦜🏳️‍🌈", "a\u0000b"]) {
      expect(model.detokenize(await model.tokenize(text))).toBe(text);
    }
  });

  test("tokenises long texts as it does short ones", async () => {
    const line = "The quick brown fox jumps over the lazy dog. 12345\n";
    const long = line.repeat(200);
    expect(model.detokenize(await model.tokenize(long))).toBe(long);
  });

  test("refuses ids that it does not have", () => {
    expect(() => model.detokenize([262_144])).toThrow(OptionError);
    expect(() => model.tokenText(-1)).toThrow(OptionError);
  });

  test("refuses ids and options of a wrong shape", async () => {
    const invalid = { code: "INVALID_OPTION" };
    for (const tokens of [5, undefined, ["1"], [1.5], [2 ** 40]]) {
      const call = () => model.detokenize(tokens as number[]);
      expect(call, String(tokens)).toThrow(expect.objectContaining(invalid));
    }
    const options = { special: "yes" } as unknown as { special: boolean };
    expect(() => model.detokenize([1], options)).toThrow(expect.objectContaining(invalid));
    await expect(model.tokenize("x", options)).rejects.toMatchObject(invalid);
    const unknown = { specials: true } as unknown as { special: boolean };
    await expect(model.tokenize("x", unknown)).rejects.toMatchObject({ code: "UNKNOWN_OPTION" });
  });
});

test("a disposed model refuses every call and can be disposed again", async () => {
  const model = await loadModel(await tinyModel("gemma3"));
  await model.dispose();
  await model.dispose();
  const disposed = { code: "DISPOSED" };
  expect(() => model.specialToken("<eos>")).toThrow(expect.objectContaining(disposed));
  expect(() => model.detokenize([1])).toThrow(expect.objectContaining(disposed));
  await expect(model.tokenize("x")).rejects.toMatchObject(disposed);
  await expect(model.createContext()).rejects.toMatchObject(disposed);
  await expect(model.loadAdapter("x")).rejects.toMatchObject(disposed);
  await expect(model.compileGrammar('root ::= "a"')).rejects.toMatchObject(disposed);
  await expect(model.generate("x").result()).rejects.toMatchObject(disposed);
});
