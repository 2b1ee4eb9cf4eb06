import { describe, expect, it } from 'vitest';
import { embedded, embeddedJson, html } from '../../../src/report/html/template.ts';

const EVIL = `<script>alert("1")</script>&'`;

describe('html', () => {
  it('escapes whatever is filled in, in content and in attributes', () => {
    expect(String(html`<p title="${EVIL}">${EVIL}</p>`)).toBe(
      '<p title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;">' +
        '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;</p>',
    );
  });

  it('takes its own pieces as they are, alone and in lists, and leaves out what is missing', () => {
    const items = ['a', '<b>'].map((text) => html`<li>${text}</li>`);
    expect(String(html`<ul>${items}${undefined}${false}</ul>${7}`)).toBe('<ul><li>a</li><li>&lt;b&gt;</li></ul>7');
  });

  it('takes nothing for a piece of its own that only looks like one', () => {
    const forged = { toString: () => '<img src=x>' } as unknown as string;
    expect(() => String(html`${forged}`)).toThrow(TypeError);
  });
});

describe('what stands in elements of its own', () => {
  it('is refused where it would end its element', () => {
    expect(() => embedded('a("</script>")')).toThrow(TypeError);
    expect(() => embedded('a { content: "</STYLE>" }')).toThrow(TypeError);
    expect(String(embedded('if (a < b && c > d) {}'))).toBe('if (a < b && c > d) {}');
  });

  it('is the same data when it is read again, and holds no tag', () => {
    const data = { text: `${EVIL}<!--\u2028\u2029`, list: [1, 2] };
    const json = String(embeddedJson(data));
    expect(json).not.toMatch(/[<>&\u2028\u2029]/);
    expect(JSON.parse(json)).toEqual(data);
  });
});
