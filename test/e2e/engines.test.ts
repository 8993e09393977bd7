/** One lab over three Docker engines, joined by relays and then by their Swarm; one of them lost in the middle. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, rmSync, writeFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cli } from "./cli.ts";
import type { CliResult } from "./cli.ts";
import { ADDRESS, conditionLab, endpointsIn } from "./condition-lab.ts";
import { whyNoEngine } from "./docker-engine.ts";
import type { TestEngine } from "./docker-engine.ts";
import { endedWith, OVERLAY, ROOT, STATE } from "./docker-run.ts";
import { startEngines } from "./engine-group.ts";
import type { EngineGroup } from "./engine-group.ts";

const NAMES = ["east", "west", "north"] as const;
const ENGINES = ["--engines", NAMES.join(",")] as const;
const reason = whyNoEngine();
let group: EngineGroup;

/** A first `up` copies the node image: that may take its time. */
const PATIENT = 240_000;

function run(...args: readonly string[]): Promise<CliResult> {
  return cli(args, { cwd: ROOT, env: { ...group.env, K8SNET_LAB_DRIVER: "docker" }, limit: PATIENT });
}

function engine(name: (typeof NAMES)[number]): TestEngine {
  const found = group.engines.get(name);
  if (found === undefined) throw new Error(`no engine ${name}`);
  return found;
}

/** Containers, networks of ours, and records. */
function leftovers(names: readonly (typeof NAMES)[number][] = NAMES): string[] {
  const lines = names.flatMap((name) => [
    engine(name).docker("ps", "--all", "--format", `${name} {{.Names}}`),
    engine(name).docker("network", "ls", "--filter", "label=io.k8snet-lab.lab", "--format", `${name} {{.Name}}`),
  ]);
  return [...lines.join("\n").split("\n").filter(Boolean), ...(existsSync(STATE) ? readdirSync(STATE) : [])];
}

/** A pod's packet to a pod on another engine is seen on the wire between their machines, within the tunnels of both. */
async function podTrafficCrosses(filter: string): Promise<void> {
  const tap = await group.listen("west", filter);
  try {
    const ping = await run("exec", "overlay", "pod/client", "--", "ping", "-c", "3", "-i", "0.2", "10.244.1.2");
    endedWith(0, ping);
    expect(
      await tap.saw(
        /172\.31\.9\.1\.\d+ > 172\.31\.9\.2\.\d+: VXLAN[^]*192\.168\.50\.11\.\d+ > 192\.168\.50\.12\.8472[^]*10\.244\.0\.\d+ > 10\.244\.1\.2: ICMP echo request/,
      ),
    ).toBe(true);
    expect(await tap.saw(/10\.244\.1\.2 > 10\.244\.0\.\d+: ICMP echo reply/)).toBe(true);
  } finally {
    tap.stop();
  }
}

test.skipIf(reason !== undefined)(
  `what the tests of several engines take${reason === undefined ? "" : ` (${reason})`}`,
  () => {
    expect(reason).toBeUndefined();
  },
);

if (reason === undefined)
  describe("several engines", () => {
    beforeAll(async () => {
      group = await startEngines(NAMES);
    }, 400_000);
    afterAll(async () => {
      await group?.stop();
    }, 60_000);

    describe("a lab file with engines", () => {
      let folder: string;
      beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "k8snettest-"))));
      afterAll(() => rmSync(folder, { recursive: true }));
      const write = (engines: string): string => {
        const file = join(folder, "lab.yaml");
        writeFileSync(
          file,
          `apiVersion: k8snet-lab/v1\nkind: Lab\nmetadata: { name: placed }\nspec:\n  engines: ${engines}\n  cluster: { nodes: [node1, node2] }\n`,
        );
        return file;
      };

      test("an unknown context is a mistake at its place, with those that there are", async () => {
        const result = await run("up", write("[east, nowhere]"), "--plain");
        endedWith(2, result);
        expect(result.stderr).toMatch(/lab\.yaml:5:19: .*unknown Docker context "nowhere"/);
        expect(result.stderr).toContain("contexts: default, east, north, west");
      });

      test("with namespaces of this host it warns that they do not count", async () => {
        const file = write("[nowhere]");
        const env = { K8SNET_LAB_DRIVER: "netns" };
        const result = await cli(["test", file, "--plain"], { env });
        endedWith(0, result);
        expect(result.stdout).toContain("spec.engines is for labs in containers");
      });
    });

    describe("without a Swarm", () => {
      test("doctor reports it, and what to run", async () => {
        const { stdout } = await run("doctor", ...ENGINES);
        expect(stdout).toContain("east, west, north are in no Swarm");
        expect(stdout).toContain("docker --context east swarm init");
        expect(stdout).toContain("docker --context west swarm join --token TOKEN");
      });

      test("a Swarm's network is refused when it is asked for", { timeout: 120_000 }, async () => {
        const result = await run("up", OVERLAY, "--plain", ...ENGINES, "--underlay", "swarm");
        endedWith(3, result);
        expect(result.stderr).toContain("in no Swarm");
        expect(leftovers()).toEqual([]);
      });

      test("relays join the nodes, and all checks pass", { timeout: 120_000 }, async () => {
        const up = await run("up", OVERLAY, "--plain", ...ENGINES);
        endedWith(0, up);
        expect(up.stdout).toContain(
          "joined by relays (VXLAN through published UDP ports): east, west, north are in no Swarm",
        );
        for (const name of NAMES) expect(leftovers([name])).toContain(`${name} k8snet-lab.overlay.lab.relay`);
        expect(leftovers(["west"])).toContain("west k8snet-lab.overlay.node2");
        expect((await run("ls")).stdout).toContain("docker (east, west, north)");
      });

      test("pod traffic crosses engines", () => podTrafficCrosses("udp portrange 47000-47999"));

      test(
        "up again finds nothing to do; a relay that was restarted is set up again",
        { timeout: 90_000 },
        async () => {
          expect((await run("up", OVERLAY, "--plain", "--no-checks", ...ENGINES)).stdout).toContain("nothing differs");
          engine("west").docker("restart", "--time", "0", "k8snet-lab.overlay.lab.relay");
          endedWith(0, await run("up", OVERLAY, "--plain", ...ENGINES));
        },
      );

      test("other engines are refused while it is up; down takes all", { timeout: 60_000 }, async () => {
        const moved = await run("up", OVERLAY, "--plain", "--engines", "east,west");
        endedWith(2, moved);
        expect(moved.stderr).toContain(
          "lab overlay is running on east, west, north, but was requested on east, west now",
        );
        endedWith(0, await run("down", "overlay"));
        expect(leftovers()).toEqual([]);
      });
    });

    test(
      "without a command: what a probe says on one engine is heeded on all, and a lost engine's address is taken over",
      { timeout: 180_000 },
      async () => {
        const folder = mkdtempSync(join(tmpdir(), "k8snettest-"));
        const file = join(folder, "lab.yaml");
        writeFileSync(
          file,
          conditionLab("dkcond", (pod) => `/tmp/${pod}`, true),
        );
        const home = { node1: "east", node2: "west", node3: "north" } as const;
        const inside = (node: keyof typeof home, ...argv: readonly string[]): string =>
          engine(home[node]).docker("exec", `k8snet-lab.dkcond.${node}`, ...argv);
        const endpoints = (node: keyof typeof home): string[] =>
          endpointsIn(inside(node, "iptables-save", "-t", "nat"));
        const speaks = (node: keyof typeof home): boolean =>
          inside(node, "ip", "neigh", "show", "proxy").includes(ADDRESS);
        const WAIT = { timeout: 30_000, interval: 200 };
        try {
          endedWith(0, await run("up", file, "--plain", ...ENGINES));
          await expect.poll(() => endpoints("node3"), WAIT).toHaveLength(2);
          inside("node1", "rm", "-f", "/tmp/web-1");
          await expect.poll(() => endpoints("node3"), WAIT).toHaveLength(1);
          await expect.poll(() => speaks("node3"), WAIT).toBe(true);
          await engine("north").end();
          await expect.poll(() => speaks("node1") || speaks("node2"), WAIT).toBe(true);
          inside("node1", "touch", "/tmp/web-1");
          await expect.poll(() => endpoints("node2"), WAIT).toHaveLength(2);
        } finally {
          await engine("north").start();
          await run("down", "dkcond");
          rmSync(folder, { recursive: true });
        }
        expect(leftovers()).toEqual([]);
      },
    );

    describe("in one Swarm", () => {
      beforeAll(() => group.joinSwarm(), 180_000);
      afterAll(() => group.leaveSwarm());

      test("its overlay network joins the nodes, and all checks pass", { timeout: 120_000 }, async () => {
        const up = await run("up", OVERLAY, "--plain", ...ENGINES);
        endedWith(0, up);
        expect(up.stdout).toContain(
          "joined by the Swarm's overlay network: all engines are in the Swarm that east manages",
        );
        const [network] = JSON.parse(engine("east").docker("network", "inspect", "k8snet-lab-overlay-underlay")) as {
          Driver: string;
          Attachable: boolean;
        }[];
        expect(network).toMatchObject({ Driver: "overlay", Attachable: true });
      });

      test("pod traffic crosses engines", () => podTrafficCrosses("udp port 4789"));

      test(
        "a lost engine is reported, the rest is taken down, and a second down finishes",
        { timeout: 120_000 },
        async () => {
          await engine("west").start();
          endedWith(0, await run("up", OVERLAY, "--plain", "--no-checks", ...ENGINES));
          await engine("west").end();
          const { stdout } = await run("ls");
          expect(stdout).toContain("lost: node2");
          expect(stdout).toContain("west does not answer");
          const check = await run("check", "overlay", "--plain", "--only", "every pod reaches every pod");
          endedWith(1, check);
          expect(check.stdout).toContain("node2 of lab overlay is gone: the engine west does not answer");
          const down = await run("down", "overlay");
          endedWith(4, down);
          expect(down.stdout).toContain("what is on the engine west");
          // The network itself goes when the Swarm knows that nothing on the lost engine is on it.
          for (const name of ["east", "north"] as const) expect(engine(name).docker("ps", "--all", "--quiet")).toBe("");
          expect((await run("ls")).stdout).toMatch(/overlay +dead/);
          await engine("west").start();
          endedWith(0, await run("down", "overlay"));
          expect(leftovers()).toEqual([]);
        },
      );
    });

    test("nothing of the engines is left in the machine's own namespace", () => {
      expect(execFileSync("ip", ["-o", "link"], { encoding: "utf8" })).not.toMatch(/docker_gwbridge|k8snettest/);
    });
  });
