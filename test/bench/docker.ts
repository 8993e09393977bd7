/** Labs in containers, on an engine of the benchmark's own with the image in it: up with checks, nodes, control, down. */
import { join } from "node:path";
import { startEngine, whyNoEngine } from "../e2e/docker-engine.ts";
import type { TestEngine } from "../e2e/docker-engine.ts";
import { lab, median, ratioTarget, root, timeTarget, write } from "./measure.ts";

const OVERLAY = join(root, "labs/overlay.yaml");

function clusterLab(name: string, nodes: number, podsPerNode: number): string {
  const names = Array.from({ length: nodes }, (_, i) => `node${i + 1}`);
  const pods = names.flatMap((node) =>
    Array.from(
      { length: podsPerNode },
      (_, i) =>
        `{ apiVersion: v1, kind: Pod, metadata: { name: ${node}-${i} }, spec: { nodeName: ${node}, containers: [{ name: c }] } }`,
    ),
  );
  const lab = `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: ${name} }, spec: { cluster: { nodes: [${names.join(", ")}] } } }`;
  return [lab, ...pods].join("\n---\n");
}

/** Milliseconds from the first operation to the last, as `up` says itself. */
function builtIn(file: string): number {
  const line = lab("up", file, "--json", "--no-checks")
    .stdout.split("\n")
    .find((text) => text.includes('"type":"built"'));
  return (JSON.parse(line ?? "{}") as { ms: number }).ms;
}

/** Milliseconds from when the first container was asked for until the last one ran, by the engine's own clock. */
function startedIn(engine: TestEngine): number {
  const ids = engine.docker("ps", "-q").trim().split("\n");
  const all = JSON.parse(engine.docker("inspect", ...ids)) as { Created: string; State: { StartedAt: string } }[];
  return (
    Math.max(...all.map(({ State }) => Date.parse(State.StartedAt))) -
    Math.min(...all.map(({ Created }) => Date.parse(Created)))
  );
}

export async function benchDocker(rounds: number): Promise<void> {
  const reason = whyNoEngine();
  if (reason !== undefined) {
    console.log(`skipped: ${reason}`);
    return;
  }
  const engine = await startEngine("k8snetbench");
  const before = { ...process.env };
  Object.assign(process.env, engine.env, { K8SNET_LAB_DRIVER: "docker" });
  try {
    // Once before: the engine and the compile cache are cold, and this is the image's own build if it is missing.
    lab("test", OVERLAY, "--plain");
    const up: number[] = [];
    const down: number[] = [];
    const started: number[] = [];
    const control: number[] = [];
    /** One container from `docker run` to its removal: what the engine alone takes. */
    const alone: number[] = [];
    const [image = ""] = engine.docker("images", "-q").trim().split("\n");
    const eight = write("benchdk8", clusterLab("benchdk8", 8, 0));
    const bare = write("benchdkbare", clusterLab("benchdk", 3, 0));
    const full = write("benchdkfull", clusterLab("benchdk", 3, 50));
    for (let round = 0; round < rounds; round++) {
      const begin = performance.now();
      engine.docker("run", "--rm", "--entrypoint", "true", image);
      alone.push(performance.now() - begin);
      up.push(lab("up", OVERLAY, "--plain").ms);
      down.push(lab("down", "overlay", "--plain").ms);
      const built = builtIn(eight);
      started.push(startedIn(engine));
      console.log(`eight nodes: containers run after ${started.at(-1)} ms, built after ${built.toFixed(0)} ms`);
      lab("down", "benchdk8", "--plain");
      builtIn(bare);
      control.push(builtIn(full));
      lab("down", "benchdk", "--plain");
    }
    ratioTarget("containers: overlay.yaml up with all checks", up, alone, "docker run of one container", 8);
    ratioTarget("containers: down", down, alone, "docker run of one container", 6);
    ratioTarget("containers: eight nodes run", started, alone, "docker run of one container", 6);
    timeTarget("containers: 50 more pods on each of three nodes", median(control), 15);
  } finally {
    lab("down", "--all", "--plain");
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    await engine.stop();
  }
}
