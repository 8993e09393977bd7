import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NETWORK_PLUGINS } from "../../../src/cluster/cni/registry.ts";
import { formatDiagnostic, InputError } from "../../../src/errors.ts";
import { loadLab } from "../../../src/load/load-lab.ts";
import { lab, pod } from "./diagnose.ts";

const LABS = new URL("../../../labs/", import.meta.url).pathname;

describe("the labs of this repository", () => {
  test.each(readdirSync(LABS).filter((name) => name.endsWith(".yaml")))("%s loads without a warning", async (name) => {
    const { lab: loaded, warnings } = await loadLab(join(LABS, name));
    expect(warnings.map(formatDiagnostic)).toEqual([]);
    expect(loaded.checks.length).toBeGreaterThan(0);
    expect(loaded.file).toBe(join(LABS, name));
  });
});

/** What a plugin cannot connect, in its own words. */
const REFUSED = /need all nodes on one subnet|needs all nodes on one subnet|overlaps|no IPv6|IPv6/;

describe("with another plugin a lab that is not about one loads all the same, or is refused for what the plugin cannot connect", () => {
  const about = /^ +(?:cni: \{ )?plugin: (?!flannel)/m;
  const clusters = readdirSync(LABS).filter((name) => {
    const text = name.endsWith(".yaml") ? readFileSync(join(LABS, name), "utf8") : "";
    return /^ {2}clusters?:/m.test(text) && !about.test(text);
  });
  test.each([...NETWORK_PLUGINS.keys()])("%s", { timeout: 60_000 }, async (cni) => {
    const found: string[] = [];
    for (const name of clusters) {
      const loaded = loadLab(join(LABS, name), { network: { cni } });
      await loaded.catch((error: unknown) => {
        if (!(error instanceof InputError)) throw error;
        const mistakes = error.diagnostics.filter(({ severity }) => severity === "error");
        for (const one of mistakes) if (!REFUSED.test(one.message)) found.push(formatDiagnostic(one));
      });
    }
    expect(found).toEqual([]);
  });
});

describe("files", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "load-lab-"));
    mkdirSync(join(folder, "more/nested"), { recursive: true });
    mkdirSync(join(folder, "empty"));
    const write = (name: string, text: string | Buffer) => writeFileSync(join(folder, name), text);
    write("good.yaml", `${lab("  cluster: { nodes: [n] }\n  manifests: [one.yaml, more]")}\n---\n${pod("first")}`);
    write("one.yaml", pod("one"));
    write("more/b.yml", `${pod("b1")}\n---\n${pod("b2")}`);
    write(
      "more/a.json",
      JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "a" }, spec: { containers: [{ name: "c" }] } }),
    );
    write("more/notes.txt", "not a manifest");
    write("more/nested/c.yaml", pod("deeper"));
    write(
      "bad.yaml",
      lab(
        "  cluster: { nodes: [n] }\n  manifests: [missing.yaml, empty, wrong.yaml, latin1.yaml]\n  checks: [ { name: a, from: nobody, ping: n } ]",
      ),
    );
    write("wrong.yaml", pod("X"));
    write("latin1.yaml", Buffer.from([0x61, 0x3a, 0x20, 0xe4]));
    write("bom.yaml", `\uFEFF${lab("  cluster: { nodes: [n] }").replaceAll("\n", "\r\n")}`);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const failure = async (name: string): Promise<readonly string[]> => {
    try {
      await loadLab(name, { cwd: folder });
    } catch (error) {
      if (error instanceof InputError) return error.diagnostics.map((d) => formatDiagnostic(d).split("\n")[0] ?? "");
      throw error;
    }
    return [];
  };

  test("manifests of files and folders, in order, folders not recursively", async () => {
    const { lab: loaded } = await loadLab("good.yaml", { cwd: folder });
    expect(loaded.clusters[0]?.pods.map((p) => [p.name, p.cause.source?.file])).toEqual([
      ["first", "good.yaml"],
      ["one", "one.yaml"],
      ["a", "more/a.json"],
      ["b1", "more/b.yml"],
      ["b2", "more/b.yml"],
    ]);
  });

  test("what cannot be read is a mistake of its entry; the rest is still looked at", async () => {
    expect(await failure("bad.yaml")).toEqual([
      'bad.yaml:6:15: error: cannot read "missing.yaml": there is no such file or folder',
      'bad.yaml:6:29: error: the folder "empty" contains no manifests',
      'bad.yaml:6:48: error: cannot read "latin1.yaml": it is not UTF-8 text',
      expect.stringMatching(/^wrong\.yaml:3:19: error: Pod "X": metadata\.name: Invalid value/),
    ]);
  });

  test.each([
    ["nothing.yaml", /cannot read "nothing\.yaml": there is no such file/],
    ["more", /cannot read "more": it is a folder/],
    ["/dev/zero", /it is larger than/],
    ["one.yaml/x", /a part of the path is not a folder/],
  ])("%s", async (name, message) => expect((await failure(name)).join()).toMatch(message));

  test("a byte order mark and Windows line ends", async () => {
    expect((await loadLab("bom.yaml", { cwd: folder })).lab.name).toBe("t");
  });
});
