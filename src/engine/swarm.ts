/** Whether engines are in one Swarm, and which of them may make networks for it. */
import { engineError, type Engine } from "./engine.ts";

export interface NamedEngine {
  readonly name: string;
  readonly engine: Engine;
}

export type CommonSwarm =
  | { readonly manager: NamedEngine }
  /** What is missing, as a half sentence, and what the user can run. */
  | { readonly lacks: string; readonly hint: string };

/** A worker does not know which Swarm it is in: a manager is asked whether it has all of them. */
export async function commonSwarm(engines: readonly NamedEngine[]): Promise<CommonSwarm> {
  const outside = engines.filter(({ engine }) => !engine.facts.swarm.active);
  if (outside.length > 0) {
    const inside = engines.find(({ engine }) => engine.facts.swarm.manager);
    const founder = inside ?? outside[0];
    const joining = outside.filter((one) => one !== founder);
    return {
      lacks: `${names(outside)} ${outside.length === 1 ? "is" : "are"} in no Swarm`,
      hint: [
        ...(inside === undefined ? [`docker ${contextOf(founder)} swarm init --advertise-addr ADDRESS`] : []),
        `docker ${contextOf(founder)} swarm join-token worker`,
        ...joining.map((one) => `docker ${contextOf(one)} swarm join --token TOKEN ADDRESS:2377`),
      ].join("; "),
    };
  }
  const managers = engines.filter(({ engine }) => engine.facts.swarm.manager);
  for (const manager of managers) {
    const members = await membersOf(manager);
    if (engines.every(({ engine }) => members.has(engine.facts.swarm.node ?? ""))) return { manager };
  }
  const [first] = engines;
  return managers.length === 0
    ? {
        lacks: `none of ${names(engines)} is a manager of its Swarm`,
        hint: `on a manager: docker node promote NODE, with the node of ${first?.name ?? "one"}`,
      }
    : {
        lacks: `${names(engines)} are not all in the Swarm of ${names(managers)}`,
        hint: "docker swarm leave on those that are in another one, then docker swarm join",
      };
}

async function membersOf({ engine }: NamedEngine): Promise<ReadonlySet<string>> {
  try {
    return new Set(((await engine.docker.listNodes()) as { ID: string }[]).map(({ ID }) => ID));
  } catch (error) {
    throw engineError(error, engine.address, "list the nodes of its Swarm");
  }
}

function names(engines: readonly NamedEngine[]): string {
  return engines.map(({ name }) => name).join(", ");
}

function contextOf(one: NamedEngine | undefined): string {
  const { context, host } = one?.engine.address ?? { context: "default", host: "" };
  return context === "default" ? `--host ${host}` : `--context ${context}`;
}
