//! The page's style sheet.

/// Colours as variables: light, dark where the reader's system is, and light again on paper.
pub const STYLE: &str = "\
:root{--paper:#fff;--ink:#1b1f24;--quiet:#5b6470;--grid:#e3e6ea;--card:#f6f7f9;--c0:#a9c4e6;--c1:#1d5fad;--c2:#c4540a;\
--c3:#1e7f4f;--c4:#8b3a9e;--c5:#b3123f;--good:#1a6b43;--doubt:#8a5a00;--bad:#b3123f}\
@media screen and (prefers-color-scheme:dark){:root{--paper:#14171b;--ink:#e6e9ed;--quiet:#9aa4b0;--grid:#2c323a;\
--card:#1c2026;--c0:#4a72a8;--c1:#78aeea;--c2:#f09a55;--c3:#63c594;--c4:#cf8fe0;--c5:#ff7a96;--good:#6fd0a0;\
--doubt:#e5b95c;--bad:#ff8aa2}}\
*{box-sizing:border-box}\
body{margin:0 auto;padding:28px 20px 48px;max-width:1080px;background:var(--paper);color:var(--ink);\
font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}\
h1{font-size:26px;margin:0}h2{font-size:19px;margin:36px 0 8px}h3{font-size:15px;margin:0 0 6px;overflow-wrap:anywhere}\
p{margin:6px 0}a{color:var(--c1)}\
.quiet,figcaption,footer{color:var(--quiet)}figcaption,footer,.block p{font-size:13px}\
header p{overflow-wrap:anywhere}\
.verdict{display:flex;gap:12px;align-items:baseline;font-size:18px;margin:14px 0;padding:12px 16px;\
border:1px solid var(--grid);border-left:6px solid;border-radius:4px;background:var(--card)}\
.verdict span:last-child{color:var(--ink)}.symbol{font-weight:700}\
.good{color:var(--good)}.doubt{color:var(--doubt)}.bad{color:var(--bad)}.none{color:var(--quiet)}\
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(172px,1fr));gap:10px;margin:16px 0}\
.tile{background:var(--card);border:1px solid var(--grid);border-radius:4px;padding:10px 14px;font-size:13px}\
.number{font-size:23px;line-height:1.35;font-variant-numeric:tabular-nums;white-space:nowrap}\
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:28px 32px}\
figure{margin:0;min-width:0;break-inside:avoid}svg.ch{display:block;width:100%;height:auto}\
.strip{max-width:720px}.strip svg{margin:6px 0}\
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:13.5px;font-variant-numeric:tabular-nums}\
caption{text-align:left;font-weight:600;padding:4px 0;overflow-wrap:anywhere}\
th,td{padding:5px 18px 5px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--grid)}\
thead th{color:var(--quiet);font-weight:500;white-space:nowrap}tbody th{font-weight:500;max-width:22em;overflow-wrap:break-word}\
.n{white-space:nowrap}td.word{white-space:nowrap;font-weight:600}.why{min-width:15em}\
.certificates{width:100%}.certificates tbody th{white-space:nowrap}.source{font-size:12.5px;min-width:11em}.e{color:var(--quiet)}\
.block{margin:14px 0;break-inside:avoid}\
svg.bar{display:inline-block;width:84px;height:9px;margin-right:8px;vertical-align:baseline}\
.many svg.bar{display:block;width:64px;margin:5px 0 2px}.whisker{stroke:var(--ink);stroke-width:1.4}\
.picture{overflow:auto;max-height:90vh;background:#fff;border:1px solid var(--grid);border-radius:4px;padding:10px;\
margin:10px 0;text-align:center}.sheet{display:inline-block;min-width:min(100%,720px)}\
.picture svg,.picture img{max-width:100%;height:auto}.nodes th,.nodes td{padding-top:3px;padding-bottom:3px}\
.tables{display:flex;flex-wrap:wrap;gap:8px 40px;align-items:flex-start}.tables .block{max-width:100%}\
.cpt caption{white-space:nowrap}.cpt th,.cpt td{padding:4px 14px 5px 0}.p{background:linear-gradient(var(--c0),var(--c0)) 0 100%/calc(var(--p)*64px) 3px no-repeat}\
.never th,.never td{opacity:.5}caption .quiet{font-weight:400}\
footer{margin-top:40px;border-top:1px solid var(--grid);padding-top:8px}\
@media print{body{max-width:none;padding:0;font-size:11px}table{font-size:10.5px}.figures{grid-template-columns:1fr 1fr;gap:14px}\
.tiles{grid-template-columns:repeat(5,1fr)}.number{font-size:15px}.wide{overflow:visible}h2{break-after:avoid}\
.verdict{font-size:14px}.source,.quiet,figcaption{font-size:10px}th,td{padding-right:10px}}\
";
