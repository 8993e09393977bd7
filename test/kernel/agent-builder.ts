/** A process that builds a lab slowly, to be killed at it. Argument: the lab's name. */
import { getDriver } from "../../src/drivers/registry.ts";
import { buildPlan, smallLab } from "./agent-lab.ts";

const lab = process.argv[2] ?? "";
const client = await getDriver("netns").start();
await client.call("adopt", { lab, file: "test.yaml", recover: false });
const { operations } = buildPlan(lab, smallLab(10));
let done = 0;
await client.call("apply", { operations, mode: "build", keep: false, pace: 20 }, (event) => {
  if (event.type === "done" && ++done === 8) process.stdout.write("applying\n");
});
