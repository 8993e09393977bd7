/** Which driver the command line asks for. Loaded lazily: it brings the agent's protocol with it. */
import { UsageError } from "../errors.ts";
import type { Driver } from "../drivers/driver.ts";

export async function loadDriver(name: string): Promise<Driver> {
  if (name === "docker") {
    throw new UsageError(
      "the docker driver is not available yet",
      "leave --driver away: the netns driver builds the lab on this host",
    );
  }
  const { getDriver } = await import("../drivers/registry.ts");
  return getDriver(name);
}
