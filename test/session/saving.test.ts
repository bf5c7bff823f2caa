/** Sessions that are saved after every turn. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSession } from "../support/sessions.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorikeet-"));
});
afterAll(() => rm(folder, { recursive: true }));

const read = async (file: string) => JSON.parse(await readFile(file, "utf8")) as never;

test("a session writes its file and its state after every turn, and goes on from it", async () => {
  const saveTo = join(folder, "session.json");
  const { session, engine } = await openSession(["One.", "Two."], { saveTo });
  await session.send("1?");
  expect(engine.saves).toBe(1);
  expect(await read(saveTo)).toEqual(session.toJSON());
  await session.send("2?");
  expect(engine.saves).toBe(2);
  const next = await openSession(["Three."], { resume: await read(saveTo) });
  expect(next.session.messages).toEqual(session.messages);
  expect(await readdir(folder)).toEqual(["session.json"]);
});

test("a turn whose session cannot be saved fails with the reason", async () => {
  const { session } = await openSession(["One."], { saveTo: join(folder, "none", "session.json") });
  await expect(session.send("1?")).rejects.toMatchObject({ code: "ENOENT" });
  expect(session.isBusy).toBe(false);
});
