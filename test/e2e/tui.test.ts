import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { cli, tracesOf } from "./cli.ts";
import { hasTmux, openTerminal } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

const DIST = join(import.meta.dirname, "../../dist/k8snet-lab.js");
const LAB = "tui-lab";

/** node1 with pods p0 … on one node; a check that passes and one that does not. */
function labText(pods: number): string {
  const manifests = Array.from(
    { length: pods },
    (_, i) => `---
apiVersion: v1
kind: Pod
metadata: { name: p${i}, labels: { app: p } }
spec: { nodeName: node1, containers: [{ name: c, ports: [{ containerPort: 80 }] }] }
`,
  );
  return `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${LAB}, title: A lab for the screen }
spec:
  cluster: { nodes: [node1], nodeCIDR: 192.168.60.0/24 }
  checks:
    - { name: p0 answers, from: node1, http: "http://pod/p0:80/", expect: { status: 200, hostname: p0 }, explain: The node reaches its pods. }
    - { name: nobody on port 81, from: node1, tcp: "pod/p0:81", expect: open, within: 200ms }
${manifests.join("")}`;
}

let folder = "";
let terminal: Terminal | undefined;

function start(columns: number, rows: number, pods = 2, env: Readonly<Record<string, string>> = {}): Terminal {
  writeFileSync(join(folder, "lab.yaml"), labText(pods));
  terminal = openTerminal(columns, rows, env);
  terminal.type(`cd ${folder} && clear && ${process.execPath} ${DIST} up lab.yaml; echo "exit=$?"`, "Enter");
  return terminal;
}

describe.skipIf(!hasTmux)("the terminal UI (needs tmux)", () => {
  beforeAll(() => {
    if (!existsSync(DIST)) throw new Error("dist/ is missing: npm run build");
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tui-"));
  });
  afterEach(async () => {
    terminal?.end();
    terminal = undefined;
    if (tracesOf(LAB).length > 0) await cli(["down", LAB]);
    rmSync(folder, { recursive: true });
    expect(tracesOf(LAB)).toEqual([]);
  });

  test("80×24: checks, details, topology, drift, help, quit and take down", async () => {
    const screen = start(80, 24);
    const done = await screen.shows(/✘ 1/u);
    expect(done).toMatch(/✔ p0 answers/u);
    expect(done.split("\n").every((line) => [...line].length <= 80)).toBe(true);

    screen.type("Down");
    await screen.shows(/› +✘ nobody on port 81/u);
    await screen.shows(/expected +.*answers within/u);
    await screen.shows(/refused/u);

    screen.type("1");
    await screen.shows(/▸ node1 node +192\.168\.60\.11/u);
    screen.type("Right");
    await screen.shows(/cni0 bridge +10\.244\.0\.1\/24/u);
    screen.type("Down", "Down", "Down");
    await screen.shows(/› +cni0/u);

    execFileSync("ip", ["-n", `${LAB}.node1`, "link", "set", "cni0", "mtu", "1400"]);
    screen.type("d");
    await screen.shows(/≠ .*cni0.*mtu/u);
    await screen.shows(/mtu is 1400, should be 1450/u);
    await screen.shows(/1 differs: m repairs/u);
    screen.type("m");
    await screen.shows(/matches the lab file/u);
    expect(execFileSync("ip", ["-n", `${LAB}.node1`, "link", "show", "cni0"], { encoding: "utf8" })).toMatch(
      /mtu 1450/u,
    );
    const stranger = ["192.0.2.9/32", "dev", "cni0"];
    execFileSync("ip", ["-n", `${LAB}.node1`, "addr", "add", ...stranger]);
    screen.type("d");
    await screen.shows(/5 lesson +1 not part of this lab/u);
    await screen.shows(/Removed by[^]*k8snet-lab\.js exec/u);
    execFileSync("ip", ["-n", `${LAB}.node1`, "addr", "del", ...stranger]);

    screen.type("1", "/", "p", "1", "Enter");
    await screen.shows(/^(?![^]*pod\/p0)[^]*pod\/p1/u);
    screen.type("Escape");
    await screen.shows(/pod\/p0/u);
    screen.type("5");
    await screen.shows(/A lab for the screen/u);

    screen.type("?");
    await screen.shows(/quit and take the lab down/u);
    screen.type("?", "Q");
    const end = await screen.shows(/exit=1/u);
    expect(end).toMatch(/tui-lab is down/u);
    expect(tracesOf(LAB)).toEqual([]);
  });

  test.each([
    [80, 24],
    [120, 40],
  ])("%d×%d: a packet is followed, its wrong hop selected, fixed and sent again", async (columns, rows) => {
    const screen = start(columns, rows);
    await screen.shows(/✘ 1/u);
    screen.type("1", "Down");
    await screen.shows(/› ?.*pod\/p0/u);
    screen.type("t");
    await screen.shows(/trace {2}pod\/p0 → …/u);
    screen.type("p", "1");
    await screen.shows(/to: p1▏\n› +pod\/p1 {2}tcp 80/u);
    screen.type("Enter");
    await screen.shows(/\[tcp\][^]*port +80▏/u);
    screen.type("Enter");
    const way = await screen.shows(/packet says +arrived, answered by p1/u);
    expect(way).toMatch(/ {2}pod\/p0 ─▶ .*(pod\/p1|tcp 80)\n +✔ .*✔\n/u);
    expect(way.split("\n").every((line) => [...line].length <= columns)).toBe(true);
    screen.type("e");
    await screen.shows(/hop 1: pod\/p0, [^]*because of [^]*What it is/u);
    screen.type("v");
    const whole = await screen.shows(/pod\/p0 ─▶ eth0 [^]*packet says +arrived/u);
    expect(whole.split("\n").every((line) => [...line].length <= columns)).toBe(true);
    screen.type("v", "y");
    await screen.shows(/copied: .*trace tui-lab pod\/p0 pod\/p1:80/u);

    const node = `${LAB}.node1`;
    execFileSync("ip", ["-n", node, "link", "set", "cni0", "down"]);
    screen.type("t");
    const lost = await screen.shows(/✘ differs from the lab: .*cni0[^]*f fixes it/u);
    expect(lost).toMatch(/ ✘/u);
    screen.type("f");
    await screen.shows(/packet says +arrived, answered by p1/u);
    expect(execFileSync("ip", ["-n", node, "link", "show", "cni0"], { encoding: "utf8" })).toMatch(/[<,]UP[,>]/u);
    screen.type("r");
    await screen.shows(/trace {2}pod\/p1 → pod\/p0:80 \(tcp\) {2}arrived/u);
    screen.type("c");
    await screen.shows(/recording pod\/p1/u);
    screen.type("c");
    await screen.shows(/^(?![^]*recording)/u);
    screen.type("Escape");
    await screen.shows(/1 topology/u);
    screen.type("q");
    await screen.shows(/exit=1/u);
  });

  test("200×60 and back: two columns, then one; q leaves the lab up", async () => {
    const screen = start(200, 60);
    await screen.shows(/✘ 1/u);
    const wide = await screen.shows(/│ p0 answers/u);
    expect(wide).toMatch(/The node reaches its pods/u);
    screen.resize(80, 24);
    const narrow = await screen.shows(/^[^│]*p0 answers[^│]*$/u);
    expect(narrow.split("\n").every((line) => [...line].length <= 80)).toBe(true);
    screen.type("q");
    await screen.shows(/exit=1/u);
    expect(tracesOf(LAB)).not.toEqual([]);
  });

  test("a shell in the selected pod, a capture at the selected place, a check again", async () => {
    const screen = start(100, 30);
    await screen.shows(/✘ 1/u);
    screen.type("1", "Down");
    await screen.shows(/› ?.*pod\/p0/u);
    screen.type("s");
    await screen.shows(/tui-lab pod\/p0\]/u);
    screen.type("ip -br addr show eth0; hostname; exit", "Enter");
    await screen.shows(/▸ node1 node/u);

    screen.type("c");
    await screen.shows(/recording pod\/p0: c stops/u);
    screen.type("R");
    await screen.shows(/IP 10\.244\.0\.1.*10\.244\.0\.2\.80/u);
    screen.type("c");
    await screen.shows(/packets, filtered/u);
    screen.type("f");
    screen.type("2");
    await screen.shows(/✔ p0 answers/u);
    screen.type("Q");
    await screen.shows(/exit=1/u);
  });

  test("what others do to the lab is seen without asking", async () => {
    const screen = start(80, 24);
    await screen.shows(/✘ 1/u);
    screen.type("1");
    await screen.shows(/pod\/p1/u);
    expect(await cli(["delete", LAB, "pod/p1"])).toMatchObject({ code: 0 });
    await screen.shows(/^(?![^]*pod\/p1)[^]*pod\/p0/u);
    screen.type("Q");
    await screen.shows(/exit=1/u);
  });

  test("NO_COLOR: no colour, and still readable", async () => {
    const screen = start(80, 24, 2, { NO_COLOR: "1" });
    await screen.shows(/✘ 1/u);
    const drawn = screen.colored();
    expect(drawn).not.toMatch(/\u001B\[(?:[0-9;]*;)?(?:3[1-7]|9[0-7])m/u);
    screen.type("Q");
    await screen.shows(/exit=1/u);
  });

  test("200 pods: the list scrolls, the selection stays in sight", async () => {
    const screen = start(80, 24, 200);
    await screen.shows(/✘ 1/u, 40_000);
    screen.type("1", "G");
    await screen.shows(/› ?.*internet/u);
    screen.type("g");
    await screen.shows(/› ?▸ node1/u);
    screen.type("Q");
    await screen.shows(/exit=1/u, 40_000);
  });

  test("Ctrl-C: everything is taken down or stays as it was, and the terminal is given back", async () => {
    const screen = start(80, 24);
    await screen.shows(/✘ 1/u);
    screen.type("C-c");
    await screen.shows(/exit=\d+/u);
    screen.type("echo typed", "Enter");
    await screen.shows(/^typed/mu);
  });
});
