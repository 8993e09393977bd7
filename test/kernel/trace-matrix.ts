/** Breaks a running lab, asks `trace`, and restores it. */
import { loadLabText } from "../../src/load/load-lab.ts";
import type { Driver } from "../../src/drivers/driver.ts";
import type { AgentClient } from "../../src/agent/client.ts";
import type { Lab } from "../../src/lab/lab.ts";
import { storyQuestion } from "../../src/cli/story-question.ts";
import { adopted } from "../../src/live/adopt.ts";
import { injectFault } from "../../src/live/faults.ts";
import type { World } from "../../src/live/stored-view.ts";
import { UNTOUCHED } from "../../src/kube/workload/live-state.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import type { PacketStory } from "../../src/story/packet-story.ts";
import { tellStory } from "../../src/story/tell.ts";
import { differences, down, up } from "./agent-lab.ts";
import { TRACE_BREAKS } from "./trace-breaks.ts";
import type { Broken } from "./trace-breaks.ts";
import { sceneOf, traceLab } from "./trace-labs.ts";
import type { Shape } from "./trace-labs.ts";

/** Milliseconds. */
const PATIENCE = 400;

async function shell(client: AgentClient, ns: string, script: string): Promise<void> {
  const { exitCode, stderr } = await client.call("run", { ns, argv: ["sh", "-ec", script], timeout: 10_000 });
  if (exitCode !== 0) throw new Error(`${ns}: ${script}: ${stderr}`);
}

/** The node's end of a pod's veth. */
async function portOf(client: AgentClient, pod: string, node: string): Promise<string> {
  const links = async (ns: string): Promise<string> => {
    const { stdout } = await client.call("run", { ns, argv: ["ip", "-o", "link"], timeout: 10_000 });
    return stdout;
  };
  const index = /eth0@if(\d+):/.exec(await links(pod))?.[1] ?? "none";
  return new RegExp(`^${index}: ([^@:]+)`, "m").exec(await links(node))?.[1] ?? "";
}

async function converge(client: AgentClient, lab: Lab): Promise<void> {
  const resources = planResources(lab);
  const { operations } = await differences(client, lab.name, resources);
  const { failures } = await client.call("apply", { operations, mode: "converge", keep: true });
  if (failures.length > 0) throw new Error(JSON.stringify(failures));
  await client.call("commit", { stored: { lab: {}, at: "2026-01-01T00:00:00.000Z", version: "0" } });
}

/** The story of a packet while this is broken; afterwards nothing of it is left. */
async function storyOf(client: AgentClient, lab: Lab, broken: Broken, patience: number): Promise<PacketStory> {
  const { at, by, undo, fault, ask } = broken;
  const { faults } = fault === undefined ? {} : injectFault(fault)(UNTOUCHED, { lab } as World);
  const now = faults === undefined ? lab : { ...lab, injected: faults };
  const { from, to, ...rest } = ask;
  try {
    if (faults !== undefined) await converge(client, now);
    if (at !== undefined && by !== undefined) await shell(client, at, by);
    return await tellStory({ lab: now, client }, storyQuestion(now, from, to, { ...rest, timeout: patience }, "test"));
  } finally {
    if (at !== undefined && undo !== undefined) await shell(client, at, undo);
    await converge(client, lab);
    // What was asked for in vain is not answered a moment later either.
    for (const one of planResources(lab))
      if (one.kind === "netns" && (one.role as string) !== "switch")
        await client.call("run", {
          ns: one.ns,
          argv: ["sh", "-c", "ip neigh flush all; ip -6 neigh flush all"],
          timeout: 5000,
        });
  }
}

/** What `trace` said of a lab's breaks. */
export interface Judged {
  readonly asked: number;
  /** `NAME: UNKNOWN`, `NAME: WRONG there node1 …`. */
  readonly wrong: readonly string[];
}

/** Of all breaks, those that are tried. */
export type Chosen = (index: number, name: string) => boolean;

/** Builds a lab, breaks it in one chosen way after the other, and takes it down. `patience`: milliseconds for a packet. */
export async function judgeShape(
  driver: Driver,
  name: string,
  shape: Shape,
  chosen: Chosen,
  patience = PATIENCE,
): Promise<Judged> {
  const loaded = loadLabText(traceLab(name, shape), "lab.yaml");
  const client = await up(driver, name, planResources(loaded.lab));
  const wrong: string[] = [];
  let asked = 0;
  try {
    const { lab } = await adopted(client, { ...loaded, desired: planResources(loaded.lab) });
    for (const family of shape.families) {
      const known = sceneOf(lab, shape, family);
      const { client: asking, near, web, closed, node1, node2 } = known.ns;
      const port = {
        client: await portOf(client, asking, node1),
        near: await portOf(client, near, node1),
        web: await portOf(client, web, node2),
        closed: await portOf(client, closed, node2),
      };
      const scene = { ...known, port, driver: driver.name };
      for (const one of TRACE_BREAKS.filter(({ name: called }, index) => chosen(index, called))) {
        const broken = one.in(scene);
        if (broken === undefined) continue;
        asked++;
        const verdict = verdictOn(await storyOf(client, lab, broken, patience), broken);
        if (verdict !== "") wrong.push(`${family} ${one.name}: ${verdict}`);
      }
    }
    return { asked, wrong };
  } finally {
    await down(client);
  }
}

/** Empty: it names the right hop. */
function verdictOn({ hops, firstWrong }: PacketStory, { ns, kind, way, says }: Broken): string {
  const hop = firstWrong === undefined ? undefined : hops[firstWrong];
  if (hop === undefined) return "UNKNOWN";
  const said = `${hop.way} ${hop.ns} ${hop.kind} ${hop.at}: ${(hop.differs ?? []).join("; ")}`;
  const right =
    [ns].flat().includes(hop.ns) &&
    kind.includes(hop.kind) &&
    (way === undefined || hop.way === way) &&
    (hop.differs ?? []).some((text) => says.test(text));
  return right ? "" : `WRONG ${said}`;
}
