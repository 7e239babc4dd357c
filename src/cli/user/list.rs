//! `rolegate user list`.

use std::io::{Write as _, stdout};

use clap::{Args, ValueEnum};

use crate::access::role::Role;
use crate::app::App;
use crate::cli::failure::Failure;
use crate::cli::user::shown;
use crate::platform::page::PageRequest;
use crate::users::list::{Filter, UserOrder, list as users};
use crate::users::user::{Model, Status};

/// How many are held in memory at a time.
const PAGE: u64 = 500;

/// Which users.
#[derive(Args)]
pub(super) struct Options {
    /// Only this role: client, manager or admin
    #[arg(long)]
    role: Option<Role>,
    /// Only this status
    #[arg(long)]
    status: Option<StatusName>,
    /// Only those whose email address, username or name begins so
    #[arg(long)]
    text: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum StatusName {
    /// They may sign in
    Active,
    /// They may not
    Suspended,
}

/// Prints all of them, page by page: a long list takes no more memory than a short one.
pub(super) async fn list(app: &App, options: &Options, json: bool) -> Result<(), Failure> {
    let filter = Filter {
        role: options.role,
        status: options.status.map(|status| match status {
            StatusName::Active => Status::Active,
            StatusName::Suspended => Status::Suspended,
        }),
        text: options.text.clone(),
    };
    let order = UserOrder::Newest;
    let mut page = PageRequest { limit: PAGE, backward: false, after: None, before: None };
    if !json {
        writeln!(stdout().lock(), "{}", line("ID", "ROLE", "STATUS", "CREATED", "EMAIL", "USERNAME"))?;
    }
    loop {
        let slice = users(app.database.reader(), &filter, order, &page).await?;
        print(&slice.rows, json)?;
        page.after = slice.rows.last().map(|user| order.position(user));
        if !slice.has_next_page {
            return Ok(());
        }
    }
}

fn print(users: &[Model], json: bool) -> Result<(), Failure> {
    let mut out = stdout().lock();
    for user in users {
        if json {
            writeln!(out, "{}", shown::as_json(user))?;
            continue;
        }
        let created = user.created_at.format("%Y-%m-%d").to_string();
        let (email, username) = (user.email.as_deref(), user.username.as_deref());
        let id = user.id.to_string();
        let email = email.unwrap_or("-");
        let columns =
            line(&id, user.role.as_str(), shown::status(user), &created, email, username.unwrap_or("-"));
        writeln!(out, "{columns}")?;
    }
    Ok(())
}

fn line(id: &str, role: &str, status: &str, created: &str, email: &str, username: &str) -> String {
    format!("{id:36}  {role:7}  {status:9}  {created:10}  {email:30}  {username}").trim_end().to_owned()
}
