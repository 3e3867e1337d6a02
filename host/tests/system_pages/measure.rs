//! What a page must keep on a phone: nothing wider than the screen, controls as high as a finger, nothing from elsewhere.

use super::chromium::{PHONE, Page};

/// The height of what is touched, in CSS pixels.
const FINGER: u32 = 40;

/// Lists what breaks a rule. A control's height is that of what answers a touch: of a field itself, of a tick with the
/// label around it, of a link as far above and below its middle as it is the topmost element.
const MEASURE: &str = r#"((finger) => {
  const wrong = [];
  const told = (e) => `${e.tagName.toLowerCase()} ${e.getAttribute("name") || e.textContent.trim().slice(0, 20) || e.className}`;
  const width = document.documentElement.scrollWidth;
  if (width > innerWidth) {
    wrong.push(`the page is ${width} wide`);
    for (const e of document.querySelectorAll("body *")) {
      if (e.getBoundingClientRect().right > innerWidth + 1) { wrong.push(`wide: ${told(e)}`); break; }
    }
  }
  for (const e of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
    if (!e.checkVisibility({ checkVisibilityCSS: true }) || e.closest(".skip")) continue;
    if (e.closest("details:not([open])") && !e.closest("summary")) continue;
    e.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const ticked = e.matches("input[type=checkbox], input[type=radio]");
    const box = ((ticked && e.closest("label")) || e).getBoundingClientRect();
    if (box.height >= finger) continue;
    const lines = e.getClientRects();
    const line = lines[0];
    const [x, y] = [line.x + Math.min(line.width / 2, 30), line.y + line.height / 2];
    const answers = (at) => { const found = document.elementFromPoint(x, at); return found && e.contains(found); };
    if (e.matches("a, summary") && answers(y - finger / 2 + 1) && answers(y + finger / 2 - 1)) continue;
    wrong.push(`low: ${told(e)}: ${Math.round(box.height)}`);
  }
  scrollTo(0, 0);
  return wrong;
})"#;

/// Measures a page as it is, and with everything on it unfolded.
pub(crate) fn check(page: &Page<'_>, name: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for folded in [true, false] {
        if !folded {
            if page.eval("document.querySelectorAll('main details:not([open])').length") == 0 {
                break;
            }
            page.eval("document.querySelectorAll('main details').forEach((d) => { d.open = true; })");
        }
        let how = if folded { name.to_owned() } else { format!("{name}-unfolded") };
        assert_eq!(page.eval("innerWidth"), PHONE, "{how}: the page made the screen wider");
        page.picture(&how);
        let found = page.eval(&format!("{MEASURE}({FINGER})"));
        wrong.extend(found.as_array().unwrap().iter().map(|w| format!("{how}: {}", w.as_str().unwrap())));
    }
    wrong
}
