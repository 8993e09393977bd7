/** Labs that an earlier version left can be taken down: what teardown needs of its journal is read (labs/docs/compatibility.md). */
import { copyFileSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Journal } from "../../../src/apply/journal.ts";

const folder = import.meta.dirname;
const journals = globSync("journal-*.jsonl", { cwd: folder });
const NAMES = ["underlay", "router", "internet", "node1", "node2", "default/web", "red"];

test("there are some", () => expect(journals).not.toEqual([]));

test.each(journals)("%s", (file) => {
  const state = mkdtempSync(join(tmpdir(), "old-journal-"));
  const path = join(state, "journal.jsonl");
  copyFileSync(join(folder, file), path);
  const journal = new Journal(path);
  const { record } = journal;
  journal.close();
  rmSync(state, { recursive: true });
  expect(record).toMatchObject({ lab: "old", ids: ["8f5d8ced2dce425b"], committed: true, hostLimits: false });
  expect([...record.netns.keys()]).toEqual(NAMES.map((name) => `netns:${name}`));
  expect(record.netns.get("netns:default/web")).toBe("old.node2.default.web");
  expect(record.identities.get("netns:red")).toEqual({ inode: 4_026_532_662, cookie: "4470" });
  for (const id of record.netns.keys()) expect(record.applied.get(id)).toMatchObject({ kind: "netns", id });
});
