//! The foot: what changes how a page looks and sounds, in reach on every page and never over it.

use i_slint_backend_testing::{AccessibleRole, ElementQuery};
use kiosk::pages::{Act, App, Hear, Page, Shell};
use slint::ComponentHandle as _;

use crate::{
    behaviour::{Log, button, log, scene, tap},
    scenes, sizes,
    stage::{self, LOOKS, PANELS},
};

fn keys(app: &App) -> Vec<String> {
    let foot = ElementQuery::from_root(app).match_descendants().match_type_name("Foot").find_all();
    let keys = foot[0].query_descendants().match_accessible_role(AccessibleRole::Button).find_all();
    keys.iter().filter_map(|key| key.accessible_label()).map(Into::into).collect()
}

fn listen(app: &App) -> Log {
    let (seen, act) = (log(), app.global::<Act>());
    let to = seen.clone();
    act.on_larger(move |larger| to.borrow_mut().push(format!("larger {larger}")));
    let to = seen.clone();
    act.on_set_contrast(move |on| to.borrow_mut().push(format!("contrast {on}")));
    let to = seen.clone();
    act.on_hear(move || to.borrow_mut().push("hear".into()));
    let to = seen.clone();
    act.on_hush(move || to.borrow_mut().push("hush".into()));
    let to = seen.clone();
    act.on_louder(move |louder| to.borrow_mut().push(format!("louder {louder}")));
    seen
}

#[test]
fn words_grow_at_the_first_touch_and_the_keys_for_seeing_stand_there_until_it_is_fine() {
    let app = stage::open(PANELS[0], false);
    scene(&app, "category");
    let seen = listen(&app);
    tap(&app, "字再大些");
    assert_eq!(keys(&app), ["返回", "字再大些", "黑白分明", "看得清了", "叫人帮忙"]);
    app.global::<Shell>().set_text_size(1);
    tap(&app, "字再大些");
    app.global::<Shell>().set_text_size(2);
    tap(&app, "字小些");
    tap(&app, "黑白分明");
    app.global::<Shell>().set_high_contrast(true);
    tap(&app, "彩色");
    tap(&app, "看得清了");
    assert_eq!(*seen.borrow(), ["larger true", "larger true", "larger false", "contrast true", "contrast false"]);
    assert_eq!(keys(&app), ["返回", "听一遍", "字再大些", "English", "叫人帮忙"]);
    tap(&app, "字再大些");
    app.global::<Shell>().set_page(Page::Place);
    stage::settle();
    assert_eq!(keys(&app), ["返回", "听一遍", "字再大些", "English", "叫人帮忙"], "another page, the usual keys");
}

#[test]
fn while_it_speaks_the_foot_has_the_keys_for_that_and_the_way_back_and_help_stay() {
    let app = stage::open(PANELS[0], false);
    scene(&app, "category");
    let seen = listen(&app);
    tap(&app, "听一遍");
    app.global::<Hear>().set_speaking(true);
    stage::settle();
    assert_eq!(keys(&app), ["返回", "别念了", "小声点", "大声点", "叫人帮忙"]);
    tap(&app, "大声点");
    app.global::<Hear>().set_volume(5);
    assert_eq!(button(&app, "大声点").accessible_enabled(), Some(false), "it gets no louder than that");
    tap(&app, "小声点");
    tap(&app, "别念了");
    assert_eq!(*seen.borrow(), ["hear", "louder true", "louder false", "hush"]);
}

#[test]
fn nothing_is_offered_to_hear_where_nothing_speaks() {
    let app = stage::open(PANELS[0], false);
    app.global::<Hear>().set_offered(false);
    scene(&app, "category");
    assert_eq!(keys(&app), ["返回", "字再大些", "English", "叫人帮忙"]);
}

#[test]
fn the_other_keys_have_room_on_every_panel_in_every_look() {
    let shown = scenes::all().into_iter().find(|s| s.name == "people-none").unwrap();
    for panel in PANELS {
        for worn in LOOKS {
            let app = stage::open(panel, worn.english);
            stage::suit(&app, worn);
            stage::show(&app, shown, worn.english);
            app.global::<Hear>().set_speaking(true);
            stage::settle();
            let mut all = sizes::troubles(panel, shown, &sizes::look(&app, None));
            app.global::<Hear>().set_speaking(false);
            stage::settle();
            tap(&app, if worn.english { "Larger words" } else { "字再大些" });
            all.extend(sizes::troubles(panel, shown, &sizes::look(&app, None)));
            assert!(
                keys(&app)
                    .iter()
                    .any(|key| key.contains("黑白") || key.contains("Black") || key == "彩色" || key == "Colours")
            );
            assert!(all.is_empty(), "{} {}: {all:?}", panel.name, worn.name());
            app.hide().unwrap();
        }
    }
}
