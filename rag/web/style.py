"""How the browser page looks: one sheet, light and dark, wide and narrow."""

STYLE = """
:root { --paper: #f6f2e9; --sheet: #fdfbf6; --ink: #1f1c18; --soft: #5e574d; --faint: #6f675b; --rule: #d9d0bf;
  --red: #9c2f1f; --red-wash: #f3e2d8; --marker: #f8ebbd; --marker-now: #f5d66b; --marker-ink: #1f1c18;
  --serif: "Source Han Serif SC", "Noto Serif SC", "Noto Serif CJK SC", "Songti SC", STSong, SimSun, Georgia, serif;
  --sans: system-ui, -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", sans-serif; }
.dark { --paper: #171614; --sheet: #1f1d1a; --ink: #ece6da; --soft: #b3aa9b; --faint: #9a9183; --rule: #3a3630;
  --red: #e58a74; --red-wash: #3a241e; --marker: #443a1c; --marker-now: #6f5a17; --marker-ink: #fbf1cf; }
html:not([data-language=en]) .en, html[data-language=en] .zh { display: none !important; }
html { background: transparent !important; }
body { background: var(--paper) !important; }
.gradio-container { background: var(--paper) !important; color: var(--ink); font-family: var(--sans) !important;
  padding: 0 !important; max-width: none !important; min-height: 100dvh; }
.gradio-container, .gradio-container .main { overflow: visible !important; }
.gradio-container .main, .gradio-container .html-container { padding: 0 !important; max-width: none !important; }
.gradio-container main > .column { display: flex; flex-direction: column; gap: 0 !important; height: 100dvh; }
.gradio-container footer:empty { display: none; }
.gradio-container button:focus-visible, .gradio-container :focus-visible { outline: 2px solid var(--red);
  outline-offset: 2px; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
#masthead, #thread, #sources, #narrow { padding: 0; margin: 0; color: var(--ink); min-width: 0; border-radius: 0; }
#masthead { flex: none; }
#masthead button, #thread button, #sources button { font: inherit; color: inherit; background: none; border: 0;
  padding: 0;
  cursor: pointer; }
#masthead h1, #thread h2, #thread h3, #sources h2, #sources h3 { font-family: var(--serif); color: var(--ink);
  margin: 0;
  font-weight: 700; line-height: 1.45; text-wrap: pretty; }
#masthead p, #thread p, #sources p { margin: 0; color: inherit; }

.masthead { display: flex; justify-content: space-between; align-items: center; gap: 16px; padding: 12px 32px 10px;
  border-bottom: 3px double var(--rule); }
.masthead .title { display: flex; align-items: baseline; gap: 16px; min-width: 0; }
.masthead h1 { font-size: 28px; letter-spacing: .08em; white-space: nowrap; }
#masthead button { white-space: nowrap; }
#masthead .en, #thread .en, #sources .en, #narrow .en { letter-spacing: 0; }
#masthead .title p { color: var(--soft); font-size: 14px; }
.masthead .tools { display: flex; align-items: center; gap: 20px; font-size: 14px; color: var(--soft); }
#masthead .renew { padding: 8px 2px; white-space: nowrap; }
#masthead button:hover, #thread footer button:hover, #sources .back:hover { color: var(--red); }
.languages { display: flex; border: 1px solid var(--rule); border-radius: 4px; overflow: hidden; }
#masthead .languages button { padding: 6px 12px; }
#masthead .languages button[aria-pressed=true] { background: var(--ink); color: var(--paper); }

#desk { display: grid !important; grid-template: "thread sources" minmax(0, 1fr) "composer sources" auto
  / minmax(0, 1fr) minmax(360px, 34%); gap: 0 !important; align-items: stretch;
  flex: 1; min-height: 0; }
#thread, #sources { scrollbar-width: thin; scrollbar-color: var(--rule) transparent; }
#thread { grid-area: thread; overflow-y: auto !important; }
#sources { grid-area: sources; overflow-y: auto !important; border-left: 1px solid var(--rule);
  background: var(--sheet); }
#ask { grid-area: composer; flex: none; gap: 0 !important; min-width: 0 !important; max-width: 45em; width: calc(100% - 48px);
  margin: 4px auto 20px; }

.turns, .welcome { max-width: 43em; margin: 0 auto; padding: 28px 32px 40px; font-size: 16px; line-height: 1.85; }
.turn { padding-bottom: 32px; scroll-margin-top: 12px; }
.turn + .turn:last-child { min-height: calc(100dvh - 180px); }
.turn + .turn { border-top: 1px solid var(--rule); padding-top: 28px; }
.question { display: flex; gap: 12px; font-size: 22px; margin-bottom: 16px !important; overflow-wrap: anywhere; }
.seal { flex: none; width: 30px; height: 30px; margin-top: 1px; border-radius: 4px; background: var(--red);
  color: var(--paper); font-size: 17px; display: grid; place-items: center; }
.answer h3 { font-size: 15px; color: var(--soft) !important; margin: 20px 0 6px !important; padding-top: 2px; }
.answer p + p { margin-top: 10px !important; }
.answer, .card, .notice { overflow-wrap: anywhere; }
.answer sup { line-height: 0; vertical-align: baseline; position: relative; top: -.45em; margin-left: 3px; }
#thread .chip { min-width: 20px; padding: 3px 5px; border-radius: 4px; background: var(--red-wash); color: var(--red);
  font: 600 12px/1.15 var(--sans); position: relative; }
#thread .chip::after { content: ""; position: absolute; inset: -6px -3px; }
#thread .chip:hover, #thread .chip.current { background: var(--red); color: var(--paper); }
.unverified { color: var(--red); font-size: .85em; border-bottom: 1px dashed; }
.turn footer { display: flex; flex-wrap: wrap; gap: 4px 20px; margin-top: 18px; font-size: 13.5px;
  color: var(--faint); }
#thread footer button { padding: 4px 0; text-decoration: underline; text-decoration-color: var(--rule);
  text-underline-offset: 4px; }
#thread footer .made { padding: 4px 0; margin-left: auto; }
.judged { flex-basis: 100%; scroll-margin: 16px; display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 16px; }
#thread footer .judged button[aria-pressed=true] { color: var(--red); text-decoration-color: currentcolor; font-weight: 600; }
#thread .judged .kept { color: var(--faint); }
.judged .notice { flex-basis: 100%; }
.remark { flex-basis: 100%; display: flex; gap: 12px; align-items: flex-end; }
.remark label { flex: 1; color: var(--soft); }
.remark input { display: block; width: 100%; margin-top: 4px; padding: 8px 10px; font: 15px/1.5 var(--sans); color: var(--ink);
  background: var(--sheet); border: 1px solid var(--rule); border-radius: 4px; }
#thread footer .remark button { padding: 9px 0; }
.after, .done .before { display: none; } .done .after { display: inline; }
.notice { border-left: 3px solid var(--red); background: var(--red-wash); padding: 10px 16px;
  margin-bottom: 16px !important;
  font-size: 14.5px; border-radius: 0 4px 4px 0; }
.notice strong { display: block; font-family: var(--serif); color: var(--ink); }
.refusal { border: 1px solid var(--rule); border-radius: 4px; background: var(--sheet); padding: 18px 22px; }
.refusal strong { font: 700 18px/1.6 var(--serif); color: var(--ink); }
.refusal p { color: var(--soft) !important; font-size: 14px; margin-top: 8px !important; }
.refusal ul { margin: 4px 0 0; padding: 0 0 0 1.1em; list-style: "– "; font-family: var(--serif); }
.reading { color: var(--soft) !important; font-size: 15px; }
.reading i { display: inline-block; width: 4px; height: 4px; margin-left: 4px; border-radius: 50%;
  background: currentcolor;
  animation: breathe 1.2s infinite; } .reading i:nth-of-type(2) { animation-delay: .2s }
.reading i:nth-of-type(3) { animation-delay: .4s }
@keyframes breathe { 0%, 70%, 100% { opacity: .2 } 35% { opacity: 1 } }

.welcome { padding-top: 9vh; }
.welcome h2 { font-size: 34px; letter-spacing: .04em; }
#thread .welcome p { color: var(--soft); margin-top: 12px; max-width: 36em; }
.welcome h3 { font: 600 13px/1.5 var(--sans) !important; color: var(--faint) !important;
  margin: 36px 0 4px !important; }
.welcome ul { list-style: none; margin: 0; padding: 0; border-top: 1px solid var(--rule); }
.welcome li { margin: 0; border-bottom: 1px solid var(--rule); }
#thread .welcome button { display: block; width: 100%; text-align: left; padding: 12px 28px 12px 0; line-height: 1.6;
  font: 17px/1.6 var(--serif); position: relative; }
#thread .welcome button::after { content: "→"; position: absolute; right: 4px; color: var(--faint);
  font-family: var(--sans); }
#thread .welcome button:hover { color: var(--red); }

#composer { display: flex; flex-wrap: nowrap; gap: 0 !important; align-items: flex-end;
  background: var(--sheet); border: 1px solid var(--rule); border-radius: 6px; padding: 6px; }
.narrow { font-size: 13.5px; color: var(--soft); }
.narrow summary { cursor: pointer; padding: 4px 0 6px; list-style-position: inside; }
.narrow output { margin-left: 8px; color: var(--red); }
.narrow .fields { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: end; padding: 4px 0 10px; }
.narrow input::placeholder { color: var(--faint); opacity: .7; }
.narrow label { display: flex; gap: 6px; align-items: center; }
.narrow input { font: 14px/1.5 var(--sans); color: var(--ink); background: var(--paper); border: 1px solid var(--rule);
  border-radius: 4px; padding: 5px 8px; min-width: 0; }
#narrow button { font: inherit; color: var(--soft); background: none; border: 0; padding: 6px 0; cursor: pointer;
  text-decoration: underline; text-underline-offset: 4px; text-decoration-color: var(--rule); }
#thread .only { color: var(--faint); font-size: 13.5px; margin: -10px 0 14px; }
#composer:focus-within { border-color: var(--red); }
#question { flex: 1; min-width: 0 !important; padding: 0 !important; border: 0 !important;
  background: none !important; }
#question textarea { background: none !important; border: 0 !important; box-shadow: none !important;
  outline: 0 !important;
  padding: 9px 12px !important; font: 16px/1.5 var(--sans) !important; color: var(--ink) !important; }
#question textarea::placeholder { color: var(--faint) !important; opacity: 1; }
#send { flex: none; min-width: 72px !important; height: 42px; border-radius: 4px; border: 0; box-shadow: none;
  background: var(--red) !important; color: var(--paper) !important; font: 600 15px var(--sans) !important; }

.panel { padding: 22px 26px 40px; }
.panel[hidden], .panel[hidden] * { display: none !important; }
.panel .head { display: flex; justify-content: space-between; align-items: baseline; }
.panel h2 { font-size: 18px; letter-spacing: .06em; }
#sources .back { display: none; color: var(--red); font-size: 14px; padding: 8px 0; }
#sources .asked { color: var(--faint); font-size: 13.5px; white-space: nowrap; overflow: hidden;
  text-overflow: ellipsis; }
#sources .hint { color: var(--faint); font-size: 14.5px; line-height: 1.8; margin-top: 8px; }
.card { margin-top: 18px; padding-top: 16px; border-top: 2px solid var(--ink); }
.card h3 { font-size: 17.5px; }
#sources .about { color: var(--soft); font-size: 13.5px; margin-top: 4px; }
#sources .file a { color: inherit; text-decoration: underline; text-decoration-color: var(--rule); text-underline-offset: 3px; }
#sources .file { color: var(--faint); font: 12px/1.6 ui-monospace, Menlo, Consolas, monospace;
  overflow-wrap: anywhere; }
#sources blockquote { margin: 12px 0 0; padding: 0; border: 0; font: 15px/1.95 var(--serif); color: var(--soft);
  white-space: pre-line; text-align: justify; }
#sources blockquote + blockquote { border-top: 1px dashed var(--rule); padding-top: 12px; }
.cited { scroll-margin: 90px; border-radius: 3px; }
#sources .cited:focus { outline: 0; }
.cited b { font: 600 12px/1.2 var(--sans); color: var(--red); background: var(--red-wash); border-radius: 4px;
  padding: 2px 5px; margin: 0 4px 0 2px; }
.cited mark { background: var(--marker); color: var(--marker-ink); padding: 2px 0; box-decoration-break: clone;
  -webkit-box-decoration-break: clone; }
.cited.current b { background: var(--red); color: var(--paper); }
.cited.current mark { background: var(--marker-now); }
#sources blockquote:has(.current) { box-shadow: -14px 0 0 -11px var(--red); }
.lit { animation: lit 2.4s ease-out; }
@keyframes lit { 0%, 40% { background: var(--red-wash); } 100% { background: transparent; } }
.keep { white-space: nowrap; }

@media (max-width: 860px) {
  .masthead { padding: 8px 16px; } .masthead h1 { font-size: 23px; } .masthead .tools { gap: 12px; font-size: 13px; }
  #masthead .title p { display: none; } #masthead .languages button { padding: 8px 10px; }
  .gradio-container main > .column { height: auto; min-height: 100dvh; }
  #desk { display: flex !important; flex-direction: column; flex-wrap: nowrap !important; }
  #thread, #sources { overflow: visible !important; width: 100%; flex: none; }
  #sources { order: 2; border-left: 0; border-top: 3px double var(--rule); flex: 1 0 auto; }
  #ask { order: 3; position: sticky; bottom: 0; z-index: 5; width: 100%; max-width: none; margin: 0; background: var(--paper);
    border-top: 1px solid var(--rule); padding: 2px 12px calc(8px + env(safe-area-inset-bottom)); }
  .turns, .welcome { padding: 20px 16px 12px; width: 100%; }
  .turn + .turn:last-child { min-height: 0; }
  .welcome { padding-top: 5vh; }
  .welcome h2 { font-size: 27px; }
  .question { font-size: 19px; } .seal { width: 26px; height: 26px; font-size: 15px; }
  .panel { padding: 16px 16px 32px; }
  .panel .head { position: sticky; top: 0; z-index: 4; background: var(--sheet); } #sources .back { display: block; }
  #thread footer .made { margin-left: 0; }
}
@media (prefers-reduced-motion: reduce) { .reading i, .lit { animation: none; } }
"""
