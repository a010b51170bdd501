/**
 * A readable card: Markdown for repositories and wikis, or a page of its own.
 *
 * The page is the Markdown, made HTML by a renderer that takes no raw HTML, no link and no image;
 * what others wrote stands in code spans anyhow. It loads nothing and runs nothing, which its
 * content policy says once more.
 */

import { type CardDocument, documentMarkdown } from '../../core/model-card/card-document.ts'
import { visible } from '../../core/visible-text.ts'
import { cardDocument } from '../../store/cards/card-content.ts'
import type { CardFacts } from '../../store/cards/results.ts'

export type CardFormat = 'markdown' | 'html'

/**
 * Renders what `store.cardFacts(reference)` answers.
 *
 * @returns The whole text: for `html` a complete page without any other resource.
 */
export async function renderCard(facts: CardFacts, format: CardFormat): Promise<string> {
  const document = cardDocument(facts)
  return format === 'markdown' ? documentMarkdown(document) : documentPage(document)
}

async function documentPage(document: CardDocument): Promise<string> {
  const { default: MarkdownIt } = await import('markdown-it')
  const markdown = new MarkdownIt({ html: false, linkify: false }).disable([
    'autolink',
    'html_block',
    'html_inline',
    'image',
    'link',
    'reference',
  ])
  // A wide table scrolls by itself, so that a phone need not scroll the page.
  markdown.renderer.rules['table_open'] = () => '<div class="table"><table>\n'
  markdown.renderer.rules['table_close'] = () => '</table></div>\n'
  const title = markdown.utils.escapeHtml(visible(document.title))
  return page(title, markdown.render(documentMarkdown(document)))
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>
${style}</style>
</head>
<body>
<main>
${body}</main>
</body>
</html>
`
}

const style = `:root { color-scheme: light dark }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: CanvasText; background: Canvas }
main { max-width: 56rem; margin: 0 auto; padding: 1rem }
h1 { font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere }
h2 { font-size: 1.125rem; margin: 2rem 0 .5rem }
code { font: .875em/1.4 ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap }
.table { overflow-x: auto; margin: .5rem 0 }
table { border-collapse: collapse; width: 100% }
th, td { padding: .375rem .5rem; text-align: start; vertical-align: top }
th { font-weight: 600; font-size: .875rem }
td { border-top: 1px solid color-mix(in srgb, CanvasText 20%, transparent) }
td:first-child { min-width: 6rem }
th:empty { padding: 0 }
`
