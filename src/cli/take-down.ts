/** Takes a lab down by its own record, also when its agent is dead, and reports it. */
import type { AgentClient } from "../agent/client.ts";
import type { Driver } from "../drivers/driver.ts";
import { BuildError } from "../errors.ts";
import type { EventBus } from "./event-bus.ts";
import { findRecord, missingLab, recoverLab } from "./open-lab.ts";

/** Takes down through an open connection. Throws BuildError when something stayed. */
export async function takeDown(client: AgentClient, bus: EventBus): Promise<void> {
  const started = performance.now();
  let done = 0;
  const result = await client.call("down", {}, () => {
    done++;
    bus.emit({ type: "progress", phase: "down", done, total: 0 });
  });
  bus.emit({
    type: "down",
    removed: result.removed.length,
    failures: result.failures,
    ms: performance.now() - started,
  });
  client.close();
  await client.closed;
  if (result.failures.length > 0) {
    throw new BuildError(
      `taking lab ${bus.labName} down left ${result.failures.length} things behind`,
      [],
      `see above; k8snet-lab down ${bus.labName} tries again`,
    );
  }
}

/** Takes down a lab by its name, whatever state it is in. Throws UsageError when there is no record of it. */
export async function takeDownByName(driver: Driver, name: string, bus: EventBus): Promise<void> {
  bus.labName = name;
  const running = await driver.connect(name);
  if (running !== null) {
    try {
      await running.call("lock", { purpose: "down" });
      await takeDown(running, bus);
    } finally {
      running.close();
    }
    return;
  }
  if ((await findRecord(driver, name)) === undefined) throw await missingLab(driver, name);
  const client = await recoverLab(driver, name, "");
  try {
    await takeDown(client, bus);
  } finally {
    client.close();
  }
}
