/** Worlds by chance in one lab that is converged from each to the next: oracle, packets, and what is left to do must agree in each. */
import { expect } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import type { Lab } from "../../src/lab/lab.ts";
import { AskedLab } from "./asked-lab.ts";
import type { Question } from "./asked-lab.ts";

interface World<Q extends Question> {
  readonly step: string;
  readonly lab: Lab;
  readonly questions: readonly Q[];
  /** What a failure shows of it. */
  readonly objects: readonly unknown[];
}

/** `readDifferently`: what the installed rules say otherwise than the oracle. */
export async function askWorlds<Q extends Question>(
  worlds: Iterable<World<Q>>,
  readDifferently: (client: AgentClient, world: World<Q>) => Promise<readonly string[]> = async () => [],
): Promise<void> {
  const asked = new AskedLab();
  let verdicts = 0;
  let denied = 0;
  try {
    for (const world of worlds) {
      const { step, lab, questions, objects } = world;
      const { disagreements } = await asked.ask(step, lab, questions);
      const read = await readDifferently(asked.client, world);
      expect({ step, objects, disagreements, read }).toMatchObject({ disagreements: [], read: [] });
      expect(await asked.left(lab)).toEqual([]);
      verdicts += questions.length;
      denied += questions.filter(({ allowed }) => !allowed).length;
    }
  } finally {
    await asked.down();
  }
  // Neither everything open nor everything closed would prove anything.
  expect(denied).toBeGreaterThan(verdicts / 10);
  expect(denied).toBeLessThan((verdicts * 9) / 10);
}
