/** Every recipe with real packets: through Services, names and from outside, in both backends. */
import { describe, expect, it } from "vitest";
import { POLICY_TABLES_ABSENT } from "./policies.ts";
import { RECIPE_LABS, runRecipe } from "./recipe-lab.ts";
import { recipeCases } from "./recipes.ts";

const isRoot = process.getuid?.() === 0;
const note = POLICY_TABLES_ABSENT === undefined ? (isRoot ? "" : " (needs root)") : " (needs the conformance data)";

for (const options of RECIPE_LABS) {
  describe.skipIf(note !== "")(`recipes, ${options.backend}, ${options.family}${note}`, () => {
    it.for(recipeCases().map((recipe) => [recipe.id, recipe] as const))("%s", async ([, recipe]) => {
      for (const { probes, disagreements } of await runRecipe(recipe, options)) {
        expect(probes).toBeGreaterThan(0);
        expect(disagreements).toEqual([]);
      }
    });
  });
}
