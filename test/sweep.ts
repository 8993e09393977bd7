/** Takes down what dead agents left: namespaces, processes, files, locks. */
import type { OperationFailure } from "../src/errors.ts";
import type { Driver } from "../src/drivers/driver.ts";
import { getDriver } from "../src/drivers/registry.ts";

export interface SweptLab {
  readonly lab: string;
  /** Resource ids, as `down` reports them. */
  readonly removed: readonly string[];
  readonly failures: readonly OperationFailure[];
}

/** Labs that are alive, or that another process takes down at this moment, are left alone. */
export async function gc(driver: Driver = getDriver("netns")): Promise<SweptLab[]> {
  const swept: SweptLab[] = [];
  for (const { name, state } of await driver.list()) {
    if (state !== "dead") continue;
    const client = await driver.start();
    try {
      await client.call("adopt", { lab: name, file: "", recover: true });
      swept.push({ lab: name, ...(await client.call("down", {})) });
      await client.closed;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EBUSY")) throw error;
    } finally {
      client.close();
    }
  }
  return swept;
}
