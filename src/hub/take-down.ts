/** Removes all that a lab has on its engines, by labels. An engine that does not answer keeps its part, for another time. */
import { messageOf, type OperationFailure } from "../errors.ts";
import type { TeardownOptions, TeardownResult } from "../apply/teardown.ts";
import type { Engine } from "../engine/engine.ts";
import { labContainers, removeContainer } from "./containers.ts";
import type { LabEngine } from "./engines.ts";
import { labNetworks, removeNetwork } from "./networks.ts";
import { labOverlays } from "./overlay.ts";

export async function takeDownAcross(
  lab: string,
  hosts: readonly LabEngine[],
  onEvent: TeardownOptions["onEvent"],
): Promise<TeardownResult> {
  const removed: string[] = [];
  const failures: OperationFailure[] = [];
  const fail = (id: string, command: string, error: unknown, cause = ""): void => {
    failures.push({ operation: `delete ${id}`, command, stderr: messageOf(error), cause });
    onEvent?.({ id, removed: false });
  };
  const step = async (id: string, command: string, act: () => Promise<void>): Promise<void> => {
    try {
      await act();
      removed.push(id);
      onEvent?.({ id, removed: true });
    } catch (error) {
      fail(id, command, error);
    }
  };
  const perEngine = async (host: LabEngine, act: () => Promise<void>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      fail(`what is on the engine ${host.name}`, "docker ps", error, "it stays there until the engine answers again");
    }
  };
  const open: { host: LabEngine; engine: Engine }[] = [];
  await Promise.all(
    hosts.map((host) => perEngine(host, async () => void open.push({ host, engine: await host.reach() }))),
  );
  const on = (host: LabEngine): string => (hosts.length > 1 ? ` on ${host.name}` : "");
  await Promise.all(
    open.map(({ host, engine }) =>
      perEngine(host, async () => {
        const containers = await labContainers(engine, lab);
        await Promise.all(
          [...containers.values()].map(({ Id, Names }) =>
            step(`container ${Names[0]?.slice(1) ?? Id}${on(host)}`, `docker rm --force ${Id.slice(0, 12)}`, () =>
              removeContainer(engine, Id),
            ),
          ),
        );
        await Promise.all(
          [...(await labNetworks(engine, lab)).values()].map(({ Id, Name }) =>
            step(`network ${Name}${on(host)}`, `docker network rm ${Name}`, () => removeNetwork(engine, Id)),
          ),
        );
      }),
    ),
  );
  // A Swarm's network is removed when nothing on any engine uses it any more.
  for (const { host, engine } of open.filter(({ engine }) => engine.facts.swarm.manager)) {
    await perEngine(host, async () => {
      for (const { Id, Name } of (await labOverlays(engine, lab)).values())
        await step(`network ${Name}`, `docker network rm ${Name}`, () =>
          removeNetwork(engine, Id, open.length < hosts.length ? 1 : undefined),
        );
    });
  }
  return { removed, failures };
}
