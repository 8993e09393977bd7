/** What dead labs left behind. */
import type { Driver } from "../drivers/driver.ts";
import type { Finding } from "./finding.ts";

export async function findLeftovers(driver: Driver): Promise<Finding[]> {
  const records = await driver.list();
  const dead = records.filter((record) => record.state === "dead");
  if (dead.length === 0)
    return [{ area: "leftovers", name: "labs", status: "ok", text: `no dead lab (${records.length} up)` }];
  return dead.map(({ name, folder }) => ({
    area: "leftovers",
    name,
    status: "warn",
    text: `the agent of lab ${name} is dead, its record is in ${folder}`,
    fix: `k8snet-lab gc   or   k8snet-lab down ${name}`,
  }));
}
