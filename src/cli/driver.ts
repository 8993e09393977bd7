/** Which driver a command means. Loaded lazily: drivers bring the agent's protocol with them. */
import type { Driver } from "../drivers/driver.ts";
import { labNameOf, parseLabArgument } from "./lab-argument.ts";
import { noSuchLab } from "./open-lab.ts";

interface Asked {
  readonly driver?: string | undefined;
  readonly context?: string | undefined;
}

/** For what is to be built: as it is said, and this host's namespaces otherwise. A Docker context means containers. */
export async function loadDriver({ driver, context }: Asked): Promise<Driver> {
  const { getDriver } = await import("../drivers/registry.ts");
  return getDriver(driver ?? (context === undefined ? "netns" : "docker"), { context });
}

/** Those whose labs a command about all labs means. */
export async function loadDrivers(asked: Asked): Promise<readonly Driver[]> {
  if (asked.driver !== undefined || asked.context !== undefined) return [await loadDriver(asked)];
  const { driverNames, getDriver } = await import("../drivers/registry.ts");
  return driverNames.map((name) => getDriver(name));
}

/**
 * For a lab that is there: the driver that has it, this host's namespaces first. An engine is asked only about a lab of which
 * this machine knows nothing. Throws UsageError when nobody has it.
 */
export async function loadDriverOf(lab: string, asked: Asked): Promise<Driver> {
  if (asked.driver !== undefined || asked.context !== undefined) return loadDriver(asked);
  const { driversOf, getDriver } = await import("../drivers/registry.ts");
  const [recorded] = driversOf(lab);
  if (recorded !== undefined) return getDriver(recorded);
  const names: string[] = [];
  for (const driver of await loadDrivers(asked)) {
    const found = (await driver.list()).map(({ name }) => name);
    if (found.includes(lab)) return driver;
    names.push(...found);
  }
  throw noSuchLab(lab, names);
}

/** For `up`: where the lab is already, so that it is brought to what its file says there; else as for what is to be built. */
export async function loadDriverForUp(labText: string, asked: Asked, cwd: string): Promise<Driver> {
  if (asked.driver !== undefined || asked.context !== undefined) return loadDriver(asked);
  if (labText !== "-" && parseLabArgument(labText, cwd).kind === "name") return loadDriverOf(labText, asked);
  const { anyRecordOf, driversOf } = await import("../drivers/registry.ts");
  if (labText === "-" || !anyRecordOf("docker")) return loadDriver(asked);
  // A file with mistakes is read again by whoever reports them.
  const lab = await labNameOf(labText, cwd).catch(() => undefined);
  return loadDriver({ driver: lab === undefined ? undefined : driversOf(lab)[0] });
}
