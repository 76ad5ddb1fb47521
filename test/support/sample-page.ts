import type { Page } from 'playwright-core';

/** What a test does on the page of the sample app, and waits for. `page`: the one that is open now. */
export function onSamplePage(page: () => Page) {
  const state = (text: string) => page().locator('#state', { hasText: text }).waitFor();
  const said = (text: string | RegExp) => page().locator('#said', { hasText: text }).waitFor();
  const press = (name: string | RegExp) => page().getByRole('button', { name }).click();
  const card = (sequence: string) => page().locator(`[data-sequence="${sequence}"]`);
  const last = (sequence: string, number: string) =>
    card(sequence).locator('.last b').getByText(number, { exact: true }).waitFor();
  const figureOf = (sequence: string, key: string) => card(sequence).locator(`[data-figure="${key}"]`);
  const figure = async (sequence: string, key: string) => Number(await figureOf(sequence, key).textContent());
  const other = (sequence: string, key: string, than: number) =>
    figureOf(sequence, key)
      .and(page().locator(`:not(:text-is("${than}"))`))
      .waitFor();
  const note = (sequence: string, text: string) =>
    card(sequence).locator('.note', { hasText: text }).waitFor();

  async function order(): Promise<number> {
    const answer = page().waitForResponse((response) => response.url().endsWith('/orders'));
    await press('Place order');
    const { id, number } = (await (await answer).json()) as { id: number; number: string };
    await said(`Order ${number}, id ${id}.`);
    return id;
  }

  async function invoice(tenant: string, day: string): Promise<void> {
    await page().getByLabel('Tenant').fill(tenant);
    await page().getByLabel('Date').fill(day);
    await press('Invoice the last order');
  }

  return { state, said, press, card, last, figureOf, figure, other, note, order, invoice };
}

/** In the page: keeps every text that was said, however short it stood there. */
export const recordSaid = `
  globalThis.said = [];
  addEventListener('DOMContentLoaded', () => {
    const element = document.getElementById('said');
    const options = { childList: true, characterData: true, subtree: true };
    new MutationObserver(() => said.push(element.textContent)).observe(element, options);
  });
`;
