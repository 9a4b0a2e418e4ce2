import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { RuleRows } from '../state/rules.svelte';
import { at, eachInItsOwn, open } from './opened';

eachInItsOwn();

/** Types into a field of the window. */
const write = (testid: string, value: string): Promise<void> =>
  fireEvent.input(at(testid), { target: { value } }).then(() => undefined);

describe('rules as they are typed', () => {
  it('become rules without what is no address range, and are said to be wrong about it', () => {
    let edits = 0;
    const rows = new RuleRows(() => (edits += 1));
    rows.take([{ label: 'a', protocol: 'UDP', ports: '53', sources: ['192.0.2.0/28'] }]);
    expect(edits).toBe(0);
    rows.change(0, { from: '192.0.2.0/28; home 198.51.100.7' });
    expect([rows.rules[0]?.sources, rows.bad]).toEqual([
      ['192.0.2.0/28', '198.51.100.7/32'],
      ['home'],
    ]);
    rows.add();
    rows.change(1, { label: ' echo ', protocol: 'ICMP', ports: '7', from: '10.0.0.0/8' });
    expect(rows.rules[1]).toEqual({
      label: 'echo',
      protocol: 'ICMP',
      ports: null,
      sources: ['10.0.0.0/8'],
    });
    rows.remove(0);
    expect([rows.rules.length, edits]).toEqual([1, 4]);
    // Ports that a file gives to a protocol without any are for Rust to refuse, and to be mended.
    rows.take([{ label: 'echo', protocol: 'ICMP', ports: '7', sources: ['10.0.0.0/8'] }]);
    expect(rows.rules[0]?.ports).toBe('7');
    rows.change(0, { ports: '' });
    expect(rows.rules[0]?.ports).toBeNull();
  });
});

describe('the firewall of a cluster that stands', () => {
  it('takes a rule only after the change was shown, and never a wrong one', async () => {
    const { app, backend } = await open('running');
    if (app.current) app.current.picked = 'firewall';
    await fireEvent.click(await screen.findByTestId('details-rules'));
    await screen.findByTestId('rules-own');
    expect(at('rule-0-label')).toHaveProperty('value', 'ssh-office');
    expect(at('rules-apply')).toHaveProperty('disabled', true);

    await fireEvent.click(at('rule-add'));
    await waitFor(() => {
      expect(document.activeElement).toBe(at('rule-1-label'));
    });
    await write('rule-1-label', 'metrics');
    await write('rule-1-ports', '0');
    await write('rule-1-from', '192.0.2.0/28');
    await waitFor(() => {
      expect(at('rule-1-ports').getAttribute('aria-invalid')).toBe('true');
    });
    expect(at('rule-1-label').getAttribute('aria-invalid')).toBeNull();
    const notes = document.getElementById(
      at('rule-1-ports').getAttribute('aria-describedby') ?? '',
    );
    expect(notes?.querySelector('[data-code=ports_bad]')).not.toBeNull();
    expect(at('rules-apply')).toHaveProperty('disabled', true);

    await write('rule-1-ports', '9090');
    await waitFor(() => {
      expect(screen.queryByTestId('rules-changes')?.textContent).toContain('metrics');
    });
    await waitFor(() => {
      expect(at('rules-apply')).toHaveProperty('disabled', false);
    });
    await write('rule-1-from', '192.0.2.0/28, home');
    expect(at('rules-apply')).toHaveProperty('disabled', true);
    await write('rule-1-from', '192.0.2.0/28');
    await waitFor(() => {
      expect(at('rules-apply')).toHaveProperty('disabled', false);
    });
    expect(backend.calls).not.toContain('deploy');
    await fireEvent.click(at('rules-apply'));
    await waitFor(() => {
      expect(app.over).toBeNull();
    });
    expect(backend.calls).toContain('deploy');
  });

  it("says where there is none of one's own, and goes back to the button after a removal", async () => {
    await open('own_rules');
    await screen.findByTestId('rules-own');
    await fireEvent.click(at('rule-0-remove'));
    await fireEvent.click(at('rule-0-remove'));
    expect(at('rules-none').textContent).toContain('only what LKE needs');
    expect(document.activeElement).toBe(at('rule-add'));
  });
});

describe('the form of a new cluster', () => {
  it('puts a rule into the Spec, and stops where one is wrong', async () => {
    const { app } = await open('new_rules');
    await screen.findByTestId('rules-own');
    await waitFor(() => {
      expect(document.querySelector('[data-code=rule_everyone]')).not.toBeNull();
    });
    expect(app.form.spec?.firewall_rules.map((one) => one.label)).toEqual(['ssh-office', 'web']);
    await write('rule-1-from', 'everyone');
    expect([app.form.rules.bad, app.form.reviewable]).toEqual([['everyone'], false]);
    await waitFor(() => {
      expect(app.form.at('firewall_rules').map((one) => one.what.code)).toEqual(['sources_empty']);
    });
    expect(document.querySelector('[data-code=sources_empty]')).toBeNull();
    expect(at('firewall-passes').textContent).toContain('your own rules name (2)');
  });
});
