/** `up --dry-run`: what `up` would do to the lab that is up now, as events; nothing is touched. */
import { planResources } from "../plan/plan-lab.ts";
import { noticeFix } from "./fault.ts";
import { findRecord } from "./open-lab.ts";
import { planDifference } from "./converge.ts";
import type { UpRequest } from "./session.ts";
import { reportForeignObjects } from "./foreign-objects.ts";
import { onWire, otherNetworkNote, withLive } from "./with-live.ts";

export async function dryRun({
  driver,
  bus,
  load,
  reset,
}: Pick<UpRequest, "driver" | "bus" | "load" | "reset">): Promise<void> {
  const loaded = await load();
  const { name } = loaded.lab;
  bus.labName = name;
  for (const diagnostic of loaded.warnings) bus.emit({ type: "diagnostic", diagnostic });
  const notify = (text: string): void => bus.note(text);
  await driver.probe(undefined);
  const client = await driver.connect(name);
  if (client === null) {
    const isDead = (await findRecord(driver, name)) !== undefined;
    const does = isDead
      ? "its agent is dead: up starts a new one, which takes over the record and restores what is missing"
      : `it is not up: up builds it with ${planResources(loaded.lab).length} operations`;
    notify(`lab ${name}: ${does}; k8snet-lab plan ${loaded.lab.file} lists everything it consists of`);
    return;
  }
  try {
    const site = await driver.prepare(loaded.lab);
    const { wanted, input } = await onWire(loaded, site.wire);
    const stored = await noticeFix(client, await client.call("stored", {}), { bus, reset: reset === true });
    const lost = otherNetworkNote(wanted, stored);
    if (lost !== undefined) bus.note(lost, "warn");
    const then = await withLive(wanted, input, stored);
    bus.emit({ type: "lab", lab: then.lab, driver: driver.name, converging: true });
    const plan = await planDifference(client, then.lab, then.desired);
    bus.emit({ type: "plan", plan, afterwards: then.underWay?.texts });
    reportForeignObjects(bus, then.lab, plan);
    if (then.underWay !== undefined && then.live !== undefined && input !== undefined) {
      const { foreseeRounds } = await import("../live/foresee.ts");
      for (const [i, lines] of foreseeRounds(input, then.lab, then.live).entries())
        for (const line of lines) notify(`round ${i + 1}: ${line}`);
    }
    notify("nothing was changed; run up without --dry-run to do it");
  } finally {
    client.close();
  }
}
