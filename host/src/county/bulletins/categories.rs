//! Categories: what a suggestion may be about. Invariants: at least one is offered and no more than terminals have doors
//! for; one that is retired keeps its id, its words and the cases that carry it, and can be offered again; every change
//! raises the bulletin's revision and stands in the audit.

use uuid::Uuid;
use wire::bulletin::PICTURES;

use super::super::{
    County, Error,
    people::{Official, named},
};
use crate::store::{
    Conn,
    bulletins::{self, CategoryRow},
};

/// The doors of a terminal's page: twelve, each 20 mm high on the smallest panel.
pub const DOORS: usize = 12;

impl County {
    /// All categories in the order of the doors, also those that are retired.
    ///
    /// # Errors
    /// The database.
    pub async fn categories(&self) -> Result<Vec<CategoryRow>, Error> {
        Ok(bulletins::categories(&mut *self.store.read().await?).await?)
    }

    /// Adds a category behind the others; returns its id.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, [`Error::Input`] for words or a picture that can't be used or where all
    /// doors are taken, or the database.
    pub async fn add_category(&self, by: &Official, wanted: CategoryRow) -> Result<String, Error> {
        by.rules()?;
        let mut tx = self.store.write().await?;
        let all = bulletins::categories(&mut tx).await?;
        // In plain letters, as headers and addresses of pages carry it.
        let row = CategoryRow { id: format!("c{}", &Uuid::new_v4().simple().to_string()[..12]), retired: 0, ..wanted };
        let row = usable(row, &all)?;
        a_free_door(&all)?;
        bulletins::insert_category(&mut tx, &row, 0).await?;
        let order: Vec<&str> = offered(&all).chain([row.id.as_str()]).collect();
        rank(&mut tx, &order).await?;
        self.edited(&mut tx, by, "category", &row.id).await?;
        tx.commit().await?;
        Ok(row.id)
    }

    /// Writes a category's words and picture; its id and its door stay.
    ///
    /// # Errors
    /// As [`Self::add_category`], and [`Error::NotFound`].
    pub async fn edit_category(&self, by: &Official, edited: CategoryRow) -> Result<(), Error> {
        by.rules()?;
        let mut tx = self.store.write().await?;
        let all = bulletins::categories(&mut tx).await?;
        all.iter().find(|c| c.id == edited.id).ok_or(Error::NotFound)?;
        let row = usable(edited, &all)?;
        bulletins::update_category(&mut tx, &row).await?;
        self.edited(&mut tx, by, "category", &row.id).await?;
        Ok(tx.commit().await?)
    }

    /// Takes a category off the terminals, or offers it again behind the others. Its cases keep it.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, [`Error::NotFound`], [`Error::Input`] where it is the last one or all
    /// doors are taken, or the database.
    pub async fn retire_category(&self, by: &Official, id: &str, retired: bool) -> Result<(), Error> {
        by.rules()?;
        let mut tx = self.store.write().await?;
        let all = bulletins::categories(&mut tx).await?;
        let known = all.iter().find(|c| c.id == id).ok_or(Error::NotFound)?;
        if (known.retired != 0) == retired {
            return Ok(());
        }
        if retired {
            if offered(&all).count() == 1 {
                return Err(Error::Input("至少要留一个类别，群众才有得选。".into()));
            }
        } else {
            a_free_door(&all)?;
            let order: Vec<&str> = offered(&all).chain([id]).collect();
            rank(&mut tx, &order).await?;
        }
        bulletins::retire_category(&mut tx, id, retired).await?;
        self.audit(&mut tx, &by.who(), "category", id, if retired { "disabled" } else { "enabled" }).await?;
        self.changed(&mut tx).await?;
        Ok(tx.commit().await?)
    }

    /// Moves a category one door to the front, or to the back; at the end nothing moves.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for all but 县人大, [`Error::NotFound`], or the database.
    pub async fn move_category(&self, by: &Official, id: &str, to_front: bool) -> Result<(), Error> {
        by.rules()?;
        let mut tx = self.store.write().await?;
        let all = bulletins::categories(&mut tx).await?;
        let mut order: Vec<&str> = offered(&all).collect();
        let at = order.iter().position(|known| *known == id).ok_or(Error::NotFound)?;
        let other = if to_front { at.checked_sub(1) } else { Some(at + 1).filter(|next| *next < order.len()) };
        let Some(other) = other else { return Ok(()) };
        order.swap(at, other);
        rank(&mut tx, &order).await?;
        self.edited(&mut tx, by, "category", id).await?;
        Ok(tx.commit().await?)
    }
}

/// The ids of those that terminals offer, in the order of the doors.
fn offered(all: &[CategoryRow]) -> impl Iterator<Item = &str> {
    all.iter().filter(|c| c.retired == 0).map(|c| c.id.as_str())
}

async fn rank(conn: &mut Conn, order: &[&str]) -> Result<(), Error> {
    for (rank, id) in (0..).zip(order) {
        bulletins::rank_category(&mut *conn, id, rank).await?;
    }
    Ok(())
}

fn a_free_door(all: &[CategoryRow]) -> Result<(), Error> {
    if offered(all).count() < DOORS {
        return Ok(());
    }
    Err(Error::Input(format!("终端的一页只放得下 {DOORS} 个类别。请先停用一个，再添加。")))
}

/// The row as it is stored, or why it isn't.
fn usable(row: CategoryRow, all: &[CategoryRow]) -> Result<CategoryRow, Error> {
    let (name, label) = (named(&row.name, "正式名称")?, named(&row.label, "短名称")?);
    if !(2..=3).contains(&label.chars().count()) {
        return Err(Error::Input("短名称要两个或三个字，终端的按钮才放得下。".into()));
    }
    if all.iter().any(|c| c.id != row.id && (c.name == name || c.retired == 0 && c.label == label)) {
        return Err(Error::Input("已有同名的类别，请换一个名称。".into()));
    }
    if !PICTURES.iter().any(|(picture, _)| *picture == row.picture) {
        return Err(Error::Input("请选择一张图片。".into()));
    }
    let label_en = row.label_en.trim().chars().take(40).collect();
    let sentences: Vec<&str> = row.sentences.lines().map(str::trim).filter(|s| !s.is_empty()).collect();
    Ok(CategoryRow { name, label, label_en, sentences: sentences.join("\n"), ..row })
}
