/** The product for machines without Linux of their own: macOS and WSL with Docker, and one image that holds all of it. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { execa } from "execa";
import { startCli } from "./cli.ts";
import type { CliProcess, CliResult } from "./cli.ts";
import { startEngine, whyNoEngine } from "./docker-engine.ts";
import type { TestEngine } from "./docker-engine.ts";
import { hasTmux, openTerminal } from "./terminal.ts";

const root = join(import.meta.dirname, "../..");
const IMAGE = "k8snet-lab-test";
const reason = whyNoEngine();

/** --privileged, or where root lacks a capability itself (then nothing can be privileged) what the product takes of it. */
function privileges(): readonly string[] {
  const [, held = "0"] = /^CapBnd:\s*([0-9a-f]+)$/mu.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  const last = Number(readFileSync("/proc/sys/kernel/cap_last_cap", "utf8"));
  if (BigInt(`0x${held}`) === (1n << BigInt(last + 1)) - 1n) return ["--privileged"];
  const unconfined = ["seccomp", "apparmor", "systempaths"].flatMap((what) => ["--security-opt", `${what}=unconfined`]);
  return ["--cap-add=NET_ADMIN", "--cap-add=SYS_ADMIN", ...unconfined];
}

test.skipIf(reason !== undefined)(
  `what the tests with an engine take${reason === undefined ? "" : ` (${reason})`}`,
  () => {
    expect(reason).toBeUndefined();
  },
);

if (reason === undefined)
  describe("without Linux of one's own", () => {
    let engine: TestEngine;
    let runtime = "";
    beforeAll(async () => {
      engine = await startEngine("k8snetelse");
      runtime = mkdtempSync(join(tmpdir(), "elsewhere-"));
    }, 400_000);
    afterAll(async () => {
      if (runtime !== "") await onMac("down", "--all");
      await engine?.stop();
      rmSync(runtime, { recursive: true, force: true });
    }, 60_000);

    /** The bundle as on macOS: like-macos.ts is loaded by the command and by every Node process that it starts. */
    const startOnMac = (...args: readonly string[]): CliProcess =>
      startCli(args, {
        cwd: root,
        limit: 120_000,
        env: {
          ...engine.env,
          XDG_RUNTIME_DIR: runtime,
          NODE_OPTIONS: `--import ${join(import.meta.dirname, "like-macos.ts")}`,
        },
      });
    const onMac = (...args: readonly string[]): Promise<CliResult> => startOnMac(...args).result;

    test("macOS: up, check, exec, capture, inspect, scale, ls, down, with containers as the default", async () => {
      const up = await onMac("up", "labs/overlay.yaml", "--plain");
      expect(up.stdout, up.stderr).toContain("21 passed");
      expect(up.stdout).toContain("(docker)");
      expect(up.code).toBe(0);
      expect(await onMac("check", "overlay", "--plain")).toMatchObject({ code: 0 });
      expect((await onMac("exec", "overlay", "pod/client", "--", "ip", "-br", "addr")).stdout).toContain(
        "10.244.0.2/24",
      );
      const capture = startOnMac("capture", "overlay", "node1/cni0", "--count", "1", "icmp");
      await capture.printed("listening");
      await onMac("exec", "overlay", "pod/client", "--", "ping", "-c", "1", "10.244.1.2");
      expect((await capture.result).stdout).toContain("ICMP echo request");
      const inspect = await onMac("inspect", "overlay");
      expect(inspect.stdout, inspect.stderr).toContain("flannel.1");
      expect(await onMac("scale", "overlay", "deploy/web", "--replicas", "2")).toMatchObject({ code: 0 });
      const ls = await onMac("ls");
      expect(ls.stdout, ls.stderr).toContain("overlay");
      expect(await onMac("down", "overlay")).toMatchObject({ code: 0 });
    }, 180_000);

    test("macOS: what needs no engine works, and what needs Linux is refused with the reason", async () => {
      expect(await onMac("validate", "labs/overlay.yaml")).toMatchObject({ code: 0 });
      expect((await onMac("plan", "labs/overlay.yaml")).stdout).toContain("flannel.1");
      expect((await onMac("graph", "labs/overlay.yaml")).stdout).toContain("node1");
      expect((await onMac("doctor")).stdout).not.toContain("capabilities");
      const netns = await onMac("up", "labs/overlay.yaml", "--driver", "netns", "--plain");
      expect(netns.code).toBe(3);
      expect(netns.stderr).toMatch(/network namespaces need Linux, this is macOS[^]*--driver docker/u);
    }, 60_000);

    test("one image: up with checks, and the terminal UI", async () => {
      const built = await execa(join(root, "scripts/container-image"), [IMAGE], {
        env: engine.env,
        reject: false,
        all: true,
        timeout: 240_000,
      });
      expect(built.all).toContain(`docker run --rm -it --privileged ${IMAGE} up labs/overlay.yaml`);
      expect(built.exitCode).toBe(0);
      const ran = engine.docker(
        "run",
        "--rm",
        ...privileges(),
        IMAGE,
        "test",
        "labs/overlay.yaml",
        "labs/clusterip.yaml",
      );
      expect(ran).toContain("21 passed");
      const up = engine.docker("run", "--rm", ...privileges(), IMAGE, "up", "labs/overlay.yaml", "--no-checks");
      expect(up).toContain("overlay ends with this container");
      expect(up).not.toContain("stays up");
      if (!hasTmux) return;
      const terminal = openTerminal(100, 30, engine.env);
      terminal.type(
        `docker run --rm -it ${privileges().join(" ")} ${IMAGE} up labs/overlay.yaml; echo "exit=$?"`,
        "Enter",
      );
      await terminal.shows(/✔ 21/u);
      terminal.type("Q");
      await terminal.shows(/exit=0/u);
      terminal.end();
      engine.docker("image", "rm", IMAGE);
    }, 400_000);
  });
