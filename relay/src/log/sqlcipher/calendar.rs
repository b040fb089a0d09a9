//! The table `clock`: what is believed of the date.

use rusqlite::{OptionalExtension as _, params};

use super::{
    db::Db,
    error::StoreError,
    number::{from_sql, to_sql},
};
use crate::log::Calendar;

pub(super) fn remembered(db: &Db<'_>) -> Result<Option<Calendar>, StoreError> {
    let select = "SELECT settled, doubt FROM clock";
    let found = db.sql.prepare_cached(select)?.query_row([], |row| {
        Ok(Calendar { settled: from_sql(row.get(0)?), doubt: row.get::<_, Option<i64>>(1)?.map(from_sql) })
    });
    Ok(found.optional()?)
}

pub(super) fn remember(db: &Db<'_>, calendar: Calendar) -> Result<(), StoreError> {
    let insert = "INSERT OR REPLACE INTO clock (only, settled, doubt) VALUES (1, ?1, ?2)";
    let Calendar { settled, doubt } = calendar;
    db.sql.prepare_cached(insert)?.execute(params![to_sql(settled), doubt.map(to_sql)])?;
    Ok(())
}
