/** Which driver the command line asks for. Loaded lazily: it brings the agent's protocol with it. */
import type { Driver } from "../drivers/driver.ts";

export async function loadDriver({
  driver,
  context,
}: {
  readonly driver: string;
  readonly context?: string | undefined;
}): Promise<Driver> {
  const { getDriver } = await import("../drivers/registry.ts");
  return getDriver(driver, { context });
}
