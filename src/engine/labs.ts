/** Which labs of ours an engine has something of. */
import type { EngineAddress } from "./address.ts";
import { Engine } from "./engine.ts";
import { LABEL, labFilter } from "./labels.ts";

export async function labsOf(address: EngineAddress): Promise<string[]> {
  const engine = await Engine.open(address);
  try {
    const [containers, networks] = await engine.do("list its containers", (docker) =>
      Promise.all([
        docker.listContainers({ all: true, filters: labFilter() }),
        docker.listNetworks({ filters: labFilter() }),
      ]),
    );
    return [...new Set([...containers, ...networks].flatMap((one) => one.Labels?.[LABEL.lab] ?? []))].sort();
  } finally {
    engine.close();
  }
}
