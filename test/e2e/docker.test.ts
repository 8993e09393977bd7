/** The docker driver as a user meets it: commands in containers, and what happens when things go wrong. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PacketStory } from "../../src/story/packet-story.ts";
import { othersAddAndRemove } from "./added.ts";
import { cli } from "./cli.ts";
import type { CliResult } from "./cli.ts";
import { dockerCli, endedWith, OVERLAY, ROOT, STATE } from "./docker-run.ts";
import type { DockerCli } from "./docker-run.ts";
import { startEngine, whyNoEngine } from "./docker-engine.ts";
import type { TestEngine } from "./docker-engine.ts";
import { eventually } from "../wait.ts";

const reason = whyNoEngine();
const WAIT = { timeout: 30_000, interval: 50 };

const pod = (name: string, ...ports: readonly string[]): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: ${name} } }, spec: { containers: [ { name: c, image: x, ports: [ ${ports.join(", ")} ] } ] } }`;
const POLICIES = `${pod("web", "{ containerPort: 80 }")}
---
${pod("db", "{ name: p, containerPort: 5432 }", "{ containerPort: 5433, protocol: SCTP }")}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: db }
spec:
  podSelector: { matchLabels: { app: db } }
  ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: p }] }]
`;
const HOST_NETWORK = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: hostnet }
spec:
  cluster: { nodes: [node1], dns: false }
  checks:
    - { name: its own, from: pod/agent, command: [grep, own.test, /etc/resolv.conf], expect: { exitCode: 0 } }
    - { name: not its node's, from: node1, command: [grep, own.test, /etc/resolv.conf], expect: { exitCode: 1 } }
---
apiVersion: v1
kind: Pod
metadata: { name: agent }
spec:
  hostNetwork: true
  dnsPolicy: None
  dnsConfig: { nameservers: [192.0.2.1], searches: [own.test] }
  containers: [ { name: c, command: [sleep, infinity] } ]
`;
let engine: TestEngine;
let docker: DockerCli;

test.skipIf(reason !== undefined)(
  `what the docker driver's tests take${reason === undefined ? "" : ` (${reason})`}`,
  () => {
    expect(reason).toBeUndefined();
  },
);

if (reason === undefined)
  describe("docker driver", () => {
    beforeAll(async () => {
      engine = await startEngine("k8snettest");
      docker = dockerCli(engine);
    }, 400_000);
    afterAll(async () => {
      await engine?.stop();
    }, 60_000);

    describe("a lab that is up", () => {
      beforeAll(async () => {
        endedWith(0, await docker.run("up", OVERLAY, "--plain", "--no-checks"));
      }, 60_000);
      afterAll(async () => {
        await docker.run("down", "overlay");
        expect(docker.leftovers()).toEqual([]);
      }, 60_000);

      test("up again finds nothing to do", async () => {
        expect((await docker.run("up", OVERLAY, "--plain", "--no-checks")).stdout).toContain("nothing differs");
      });

      test("commands find on their own where the lab is", async () => {
        const found = (...args: readonly string[]): Promise<CliResult> => cli(args, { cwd: ROOT, env: engine.env });
        expect((await found("ls")).stdout).toMatch(/overlay +up +docker/);
        expect(await found("exec", "overlay", "pod/client", "--", "hostname")).toMatchObject({ stdout: "client\n" });
        expect((await found("up", OVERLAY, "--plain", "--no-checks")).stdout).toContain("nothing differs");
        expect((await found("inspect", "overlay", "pod/client")).stdout).toContain("10.244.0.2/24");
        // Who waits for Tab waits for a second only: a machine with much to do may not answer in it.
        const completed = async (...words: readonly string[]): Promise<string> =>
          (await found("__complete", "--", ...words)).stdout;
        await expect.poll(() => completed("exec", ""), WAIT).toContain("overlay\tlab, up, in containers");
        await expect.poll(() => completed("exec", "overlay", "pod/c"), WAIT).toContain("pod/client\t10.244.0.2");
        const typo = await found("exec", "overlya", "node1", "--", "true");
        endedWith(2, typo);
        expect(typo.stderr).toContain('did you mean "overlay"?');
      });

      test("exec: output, input, exit codes", async () => {
        const route = await docker.run("exec", "overlay", "pod/client", "--", "ip", "route");
        expect(route).toMatchObject({ code: 0, stdout: expect.stringContaining("default via 10.244.0.1 dev eth0") });
        endedWith(7, await docker.run("exec", "overlay", "node1", "--", "sh", "-c", "exit 7"));
        endedWith(127, await docker.run("exec", "overlay", "node1", "--", "no-such-program"));
        const echo = await docker.runWith({ input: "hello\n" }, "exec", "overlay", "node2", "--", "tr", "a-z", "A-Z");
        expect(echo.stdout).toBe("HELLO\n");
      });

      test("a node has the plan's network and nothing of Docker's", async () => {
        const { stdout } = await docker.run(
          "exec",
          "overlay",
          "node1",
          "--",
          "sh",
          "-c",
          "ip -4 route; iptables-save -t nat; cat /etc/resolv.conf",
        );
        expect(stdout).toContain("default via 192.168.50.1 dev eth0");
        expect(stdout).toContain("FLANNEL-POSTRTG");
        expect(stdout).not.toMatch(/DOCKER|127\.0\.0\.11/);
      });

      test("what others add is named with commands that remove it, and files are put back", () =>
        othersAddAndRemove(OVERLAY, { cwd: ROOT, env: engine.env }));

      test("containers have no more than they need", () => {
        const [info] = JSON.parse(engine.docker("inspect", "k8snet-lab.overlay.node1")) as {
          HostConfig: { Privileged: boolean; CapAdd: string[] };
          NetworkSettings: { Networks: Record<string, { IPAMConfig: { IPv4Address: string } }> };
        }[];
        expect(info?.HostConfig).toMatchObject({
          Privileged: false,
          PidMode: "",
          NetworkMode: "k8snet-lab.overlay.underlay",
        });
        expect(info?.HostConfig.CapAdd.map((name) => name.replace("CAP_", "")).sort()).toEqual([
          "NET_ADMIN",
          "SYS_ADMIN",
        ]);
        expect(info?.NetworkSettings.Networks["k8snet-lab.overlay.underlay"]?.IPAMConfig.IPv4Address).toBe(
          "192.168.50.11",
        );
        const [network] = JSON.parse(engine.docker("network", "inspect", "k8snet-lab.overlay.underlay")) as {
          Internal: boolean;
          Options: Record<string, string>;
        }[];
        expect(network?.Internal).toBe(false);
        expect(network?.Options["com.docker.network.bridge.enable_ip_masquerade"]).toBe("false");
      });

      test("trace: devices and rules of all containers in one order", async () => {
        const story = JSON.parse(
          (await docker.run("trace", "overlay", "pod/client", "pod/web-0:80", "--json")).stdout,
        ) as PacketStory;
        expect(story.result.outcome).toBe("open");
        expect(story.unseen).toEqual([]);
        expect(story.firstWrong).toBeUndefined();
        const lines = story.hops.map(({ way, ns, kind, at }) => `${way} ${ns} ${kind} ${at}`);
        expect(lines).toEqual(
          expect.arrayContaining([
            "there node1 netfilter FORWARD filter",
            "there node2 netfilter FORWARD filter",
            "there node2 device → flannel.1",
            "there default/web-0 socket tcp 80",
            "back node1 device → eth0",
          ]),
        );
        expect(lines.indexOf("there node1 netfilter FORWARD filter")).toBeLessThan(
          lines.indexOf("there node2 netfilter FORWARD filter"),
        );
        const times = story.hops.flatMap(({ ms }) => ms ?? []);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        expect((await docker.run("exec", "overlay", "node1", "--", "nft", "list", "tables")).stdout).not.toContain(
          "trace",
        );
      });

      test("capture into a file", async () => {
        const file = join(mkdtempSync(join(tmpdir(), "docker-capture-")), "x.pcapng");
        const capture = docker.start("capture", "overlay", "node1/eth0", "node2/eth0", "-c", "4", "-w", file);
        await capture.printed("listening");
        await docker.run("exec", "overlay", "pod/client", "--", "ping", "-c", "2", "10.244.1.2");
        endedWith(0, await capture.result);
        expect(readFileSync(file).readUInt32LE(0)).toBe(0x0a0d0d0a);
        rmSync(join(file, ".."), { recursive: true });
      });

      test("the switch is the engine's, and exec reports it", async () => {
        const ended = await docker.run("exec", "overlay", "underlay", "--", "ip", "addr");
        endedWith(2, ended);
        expect(ended.stderr).toContain("Docker network k8snet-lab.overlay.underlay");
      });

      test("a node's container that restarted is reported and restored", { timeout: 90_000 }, async () => {
        engine.docker("restart", "--time", "0", "k8snet-lab.overlay.node1");
        expect((await docker.run("ls")).stdout).toContain("lost: node1");
        const checked = await docker.run("check", "overlay", "--plain", "--only", "every pod reaches every pod");
        endedWith(1, checked);
        expect(checked.stdout).toContain("node1 of lab overlay is gone");
        endedWith(0, await docker.run("up", OVERLAY, "--plain"));
      });

      test("a node's container removed, another's device deleted: brought back", { timeout: 90_000 }, async () => {
        engine.docker("rm", "--force", "k8snet-lab.overlay.node2");
        await docker.run("exec", "overlay", "node1", "--", "ip", "link", "del", "eth0");
        endedWith(0, await docker.run("up", OVERLAY, "--plain"));
      });

      test("the hub killed: dead, then taken over", { timeout: 90_000 }, async () => {
        process.kill(Number.parseInt(readFileSync(`${STATE}/overlay.lock`, "utf8"), 10), "SIGKILL");
        await expect.poll(async () => (await docker.run("ls")).stdout, WAIT).toMatch(/overlay +dead/);
        endedWith(0, await docker.run("up", OVERLAY, "--plain"));
      });

      test("the engine restarted: brought back", { timeout: 90_000 }, async () => {
        await engine.restart();
        endedWith(0, await docker.run("up", OVERLAY, "--plain"));
      });
    });

    test("down after the hub was killed and its record lost", { timeout: 60_000 }, async () => {
      endedWith(0, await docker.run("up", OVERLAY, "--plain", "--no-checks"));
      process.kill(Number.parseInt(readFileSync(`${STATE}/overlay.lock`, "utf8"), 10), "SIGKILL");
      await expect.poll(async () => (await docker.run("ls")).stdout, WAIT).toMatch(/overlay +dead/);
      rmSync(STATE, { recursive: true });
      expect((await docker.run("ls")).stdout).toMatch(/overlay +dead/);
      endedWith(0, await docker.run("down", "overlay"));
      expect(docker.leftovers()).toEqual([]);
    });

    test("up killed half way: nothing stays", { timeout: 60_000 }, async () => {
      const up = docker.start("up", OVERLAY, "--plain");
      await eventually(
        () => engine.docker("ps", "-q").trim(),
        (ids) => ids !== "",
      );
      up.child.kill("SIGKILL");
      const left = await eventually(
        () => docker.leftovers(),
        (found) => found.length === 0,
        { within: 30_000, every: 100 },
      );
      expect(left).toEqual([]);
    });

    test("a network in the way is named before anything is made", async () => {
      engine.docker("network", "create", "--subnet", "192.168.0.0/16", "in-the-way");
      try {
        const ended = await docker.run("up", OVERLAY, "--plain");
        endedWith(4, ended);
        expect(ended.stderr).toContain("in-the-way");
        expect(docker.leftovers()).toEqual([]);
      } finally {
        engine.docker("network", "rm", "in-the-way");
      }
    });

    test("two labs with the same addresses side by side", { timeout: 90_000 }, async () => {
      endedWith(0, await docker.run("test", "labs/overlay.yaml", "labs/host-gw.yaml", "--parallel", "2", "--plain"));
      expect(docker.leftovers()).toEqual([]);
    });

    test("policy test: packets between containers do as the policies say", { timeout: 60_000 }, async () => {
      const ended = await docker.runWith({ input: POLICIES }, "policy", "test", "-f", "-", "--plain");
      expect(ended.stdout).toContain("✓ TCP 5432: packets match the policies");
      expect(ended.stdout).toContain("✓ SCTP 5433: packets match the policies");
      expect(ended.stdout).toMatch(/kube-system\/coredns +\. +X +X +- /u);
      endedWith(0, ended);
      expect(docker.leftovers()).toEqual([]);
    });

    test("a hostNetwork pod has a resolv.conf of its own in its node's container", { timeout: 60_000 }, async () => {
      const folder = mkdtempSync(join(tmpdir(), "docker-hostnet-"));
      const file = join(folder, "lab.yaml");
      writeFileSync(file, HOST_NETWORK);
      const up = await docker.run("up", file, "--plain");
      rmSync(folder, { recursive: true });
      endedWith(0, up);
      const { stdout } = await docker.run("exec", "hostnet", "pod/agent", "--", "cat", "/etc/resolv.conf");
      await docker.run("down", "hostnet");
      expect(stdout).toBe("search own.test\nnameserver 192.0.2.1\n");
    });

    test("no engine, no such context, no permission", async () => {
      const nowhere = await cli(["up", OVERLAY, "--plain", "--driver", "docker"], {
        env: { DOCKER_HOST: "unix:///nowhere.sock" },
      });
      expect(nowhere).toMatchObject({
        code: 3,
        stderr: expect.stringContaining("no Docker engine answers at unix:///nowhere.sock"),
      });
      const context = await cli(["up", OVERLAY, "--plain", "--driver", "docker", "--context", "nonesuch"], {});
      expect(context).toMatchObject({ code: 2, stderr: expect.stringContaining("nonesuch") });
      const socket = engine.host.replace("unix://", "");
      chmodSync(join(socket, ".."), 0o711);
      const denied = await cli(["up", OVERLAY, "--plain", "--driver", "docker"], {
        env: { ...engine.env, HOME: "/nonexistent" },
        uid: 12_345,
      });
      expect(denied).toMatchObject({ code: 3, stderr: expect.stringContaining("not allowed to open") });
    });

    test("image ls, build, rm", { timeout: 90_000 }, async () => {
      const [image] = JSON.parse((await docker.run("image", "ls", "--json")).stdout) as { tag: string }[];
      expect(image?.tag).toMatch(/^k8snet-lab-node:[0-9a-f]{16}$/);
      endedWith(0, await docker.run("image", "rm"));
      expect(JSON.parse((await docker.run("image", "ls", "--json")).stdout)).toEqual([]);
      const broken = await docker.run("image", "build", "--base", "k8snet-lab-base:nonesuch");
      endedWith(4, broken);
      expect(broken.stderr).toMatch(/hint:/);
      expect(await docker.run("image", "build")).toMatchObject({ code: 0, stdout: `${image?.tag}\n` });
    });
  });
