/** Which relay reaches which, and at which address: tested with real datagrams, through everything in between. */
import { within } from "../agent/within.ts";
import { randomBytes } from "node:crypto";
import type { Received, RelayProbeParams } from "../agent/relay-probe.ts";
import { startInContainer, type RunningExec } from "../engine/container-exec.ts";
import type { Engine } from "../engine/engine.ts";
import { AGENT_PROGRAM } from "./node-link.ts";
import { HostError } from "../errors.ts";
import { RELAY_PORT } from "./relay-script.ts";

/** Milliseconds for all to listen, and from then on for datagrams to arrive. */
const START_LIMIT = 30_000;
const LIMIT = 6000;

export interface RelayEnd {
  readonly name: string;
  readonly engine: Engine;
  readonly container: string;
  /** Published on its machine. */
  readonly port: number;
  /** At which the others may reach it, best first. */
  readonly candidates: readonly string[];
}

/** Address by `FROM TO`. Throws HostError that names what is not reached and what was tried. */
export async function probeRelays(relays: readonly RelayEnd[]): Promise<Record<string, string>> {
  const token = randomBytes(8).toString("hex");
  const arrived = new Map<string, Set<string>>();
  const missing = (): (readonly [RelayEnd, RelayEnd])[] =>
    relays.flatMap((from) =>
      relays.flatMap((to) => (from === to || arrived.has(pair(from.name, to.name)) ? [] : [[from, to] as const])),
    );
  const all = Promise.withResolvers<void>();
  const ready = Promise.withResolvers<void>();
  let listening = 0;
  const running: RunningExec[] = [];
  const started = relays.map(async (relay) => {
    const others = relays.filter((other) => other !== relay);
    const params: RelayProbeParams = {
      port: RELAY_PORT,
      token,
      from: relay.name,
      targets: others.flatMap(({ candidates, port }) => candidates.map((address) => ({ address, port }))),
    };
    const receive = (line: string): void => {
      const { from, address } = JSON.parse(line) as Received;
      if (from === "") {
        if (++listening === relays.length) ready.resolve();
        return;
      }
      const key = pair(from, relay.name);
      arrived.set(key, (arrived.get(key) ?? new Set()).add(address));
      if (missing().length === 0) all.resolve();
    };
    running.push(
      await startInContainer(
        relay.engine,
        relay.container,
        ["node", AGENT_PROGRAM, "--relay-probe", JSON.stringify(params)],
        receive,
      ),
    );
  });
  try {
    await Promise.all(started);
    const oneEnded = Promise.race(running.map(({ ended }) => ended));
    await within(Promise.race([ready.promise, oneEnded]), START_LIMIT, undefined);
    await within(Promise.race([all.promise, oneEnded]), LIMIT, undefined);
  } finally {
    for (const one of running) one.stop();
  }
  await Promise.allSettled(running.map(({ ended }) => ended));
  const [lost] = missing();
  if (lost !== undefined) throw notReached(lost[0], lost[1]);
  return Object.fromEntries(
    relays.flatMap((from) =>
      relays.flatMap((to) => {
        const received = arrived.get(pair(from.name, to.name));
        const best = to.candidates.find((address) => received?.has(address) === true);
        return from === to || best === undefined ? [] : [[pair(from.name, to.name), best]];
      }),
    ),
  );
}

export function pair(from: string, to: string): string {
  return `${from} ${to}`;
}

function notReached(from: RelayEnd, to: RelayEnd): HostError {
  const tried = to.candidates.map((address) => `${address}:${to.port}`).join(", ");
  return new HostError(
    `UDP does not get from the machine of ${from.name} to that of ${to.name} (tried ${tried === "" ? "nothing: none of its addresses is known" : tried})`,
    `open UDP port ${to.port} there, or give the address at which it is reached: spec.engines: [{ name: ${to.name}, address: … }]; or join the engines in one Swarm`,
  );
}
