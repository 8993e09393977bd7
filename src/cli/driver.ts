/** Which driver the command line asks for. Loaded lazily: it brings the agent's protocol with it. */
import type { Driver } from "../drivers/driver.ts";
import type { DriverOptions } from "./options.ts";

export async function loadDriver({ driver, context, engines, underlay }: DriverOptions): Promise<Driver> {
  const { getDriver } = await import("../drivers/registry.ts");
  return getDriver(driver, { contexts: [...new Set([...(context ?? []), ...(engines ?? [])])], underlay });
}
