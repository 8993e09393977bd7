/**
 * The hub: the long-lived process of one lab whose namespaces live in containers. It speaks the agent's protocol, as the
 * agent of a lab on this machine does, holds an exec to the agent in each container, and outlives the process that started it.
 *
 * Arguments: `--parent FOLDER` (of all labs), `--engines JSON` (EnginePlace[]; a lab may bring others).
 */
import { parseArgs } from "node:util";
import { runLabProcess } from "../agent/lab-process.ts";
import type { EnginePlace } from "../engine/place.ts";
import { adoptHubLab } from "./adopt.ts";
import type { HubLab } from "./hub-lab.ts";
import { hubMethods } from "./methods.ts";

function main(): void {
  const { values } = parseArgs({ options: { parent: { type: "string" }, engines: { type: "string" } } });
  const { parent } = values;
  if (parent === undefined || values.engines === undefined) throw new Error("--parent and --engines are needed");
  const engines = JSON.parse(values.engines) as readonly EnginePlace[];
  runLabProcess<HubLab>(
    "k8snet-lab hub",
    { adopt: (params, options) => adoptHubLab(params, options, engines), parent, id: "", rootless: false },
    hubMethods,
  );
}

main();
