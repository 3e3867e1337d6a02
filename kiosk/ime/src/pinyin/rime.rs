//! librime, loaded at run time through its C interface.
//!
//! Source: `rime_api.h` of librime 1.8.5 (Debian 12) and 1.13.1 (Debian 13). The 88 functions that 1.8.5 has stand at the
//! same places in both, and so do the members of every structure used here; `data_size` says how far a library's table goes.
//!
//! Invariant: one user of the library at a time in a process, because all of its state is the process's; what is typed is
//! in its memory only until [`Session::words`] returns.

#![expect(unsafe_code, reason = "librime's interface is C")]

use std::{
    ffi::{CStr, CString, c_char, c_int, c_void},
    mem::{self, offset_of},
    os::unix::ffi::OsStrExt,
    path::Path,
    ptr,
    sync::Once,
};

use super::{Problem, permit::Permit};

/// Key code of "Down" (X11's keysym), which moves to the next candidate.
const DOWN: c_int = 0xff54;

/// Only what stops the library is said, on standard error: 2 is ERROR, and none of these lines holds what was typed.
const LOG_ERRORS: c_int = 2;

/// The library keeps the pointer for as long as the process lives.
const APP: &CStr = c"rime.lianxin";

/// A function that is not called here.
type Unused = Option<unsafe extern "C" fn()>;
type SessionId = usize;

#[repr(C)]
struct Traits {
    data_size: c_int,
    shared_data_dir: *const c_char,
    user_data_dir: *const c_char,
    distribution_name: *const c_char,
    distribution_code_name: *const c_char,
    distribution_version: *const c_char,
    app_name: *const c_char,
    modules: *const *const c_char,
    min_log_level: c_int,
    log_dir: *const c_char,
    prebuilt_data_dir: *const c_char,
    staging_dir: *const c_char,
}

#[repr(C)]
struct Composition {
    length: c_int,
    cursor: c_int,
    selection_start: c_int,
    selection_end: c_int,
    preedit: *mut c_char,
}

#[repr(C)]
struct Candidate {
    text: *mut c_char,
    comment: *mut c_char,
    reserved: *mut c_void,
}

#[repr(C)]
struct Menu {
    page_size: c_int,
    page: c_int,
    is_last_page: c_int,
    highlighted: c_int,
    candidates_len: c_int,
    candidates: *mut Candidate,
    select_keys: *mut c_char,
}

#[repr(C)]
struct Context {
    data_size: c_int,
    composition: Composition,
    menu: Menu,
    commit_text_preview: *mut c_char,
    select_labels: *mut *mut c_char,
}

/// `RimeApi` as far as it is used; the numbers of what lies between are counted in the header.
#[repr(C)]
struct Api {
    data_size: c_int,
    setup: Option<unsafe extern "C" fn(*mut Traits)>,
    set_notification_handler: Unused,
    initialize: Option<unsafe extern "C" fn(*mut Traits)>,
    finalize: Option<unsafe extern "C" fn()>,
    maintenance: [Unused; 3],
    deployer_initialize: Option<unsafe extern "C" fn(*mut Traits)>,
    prebuild_and_deploy: [Unused; 2],
    deploy_schema: Option<unsafe extern "C" fn(*const c_char) -> c_int>,
    deploy_config_file: Option<unsafe extern "C" fn(*const c_char, *const c_char) -> c_int>,
    sync_user_data: Unused,
    create_session: Option<unsafe extern "C" fn() -> SessionId>,
    find_session: Unused,
    destroy_session: Option<unsafe extern "C" fn(SessionId) -> c_int>,
    cleanup_sessions: [Unused; 2],
    process_key: Option<unsafe extern "C" fn(SessionId, c_int, c_int) -> c_int>,
    commit_composition: Unused,
    clear_composition: Option<unsafe extern "C" fn(SessionId)>,
    commits: [Unused; 2],
    get_context: Option<unsafe extern "C" fn(SessionId, *mut Context) -> c_int>,
    free_context: Option<unsafe extern "C" fn(*mut Context) -> c_int>,
    status: [Unused; 2],
    set_option: Option<unsafe extern "C" fn(SessionId, *const c_char, c_int)>,
    options_to_current_schema: [Unused; 6],
    select_schema: Option<unsafe extern "C" fn(SessionId, *const c_char) -> c_int>,
    configs_to_select_candidate: [Unused; 37],
    get_version: Option<unsafe extern "C" fn() -> *const c_char>,
}

// The places that the header gives them: the 35th and the 73rd function after `data_size`, which takes a word with its gap.
const _: () = assert!(offset_of!(Api, select_schema) == size_of::<usize>() * 35);
const _: () = assert!(offset_of!(Api, get_version) == size_of::<usize>() * 73);

/// What `data_size` says: the structure without that member.
fn data_size<T>() -> c_int {
    c_int::try_from(size_of::<T>() - size_of::<c_int>()).expect("invariant: structures of the interface are small")
}

/// Folders that the library is told of.
struct Folders {
    shared: CString,
    own: CString,
    staging: CString,
    modules: Vec<*const c_char>,
}

impl Folders {
    /// What is compiled lies in `tables/build`.
    fn new(shared: &Path, own: &Path, tables: &Path, modules: &[&'static CStr]) -> Result<Self, Problem> {
        let c = |path: &Path| CString::new(path.as_os_str().as_bytes()).map_err(|_| Problem::Path(path.to_owned()));
        let modules = modules.iter().map(|name| name.as_ptr()).chain([ptr::null()]).collect();
        Ok(Self { shared: c(shared)?, own: c(own)?, staging: c(&tables.join("build"))?, modules })
    }

    /// Only as good as `self` lives.
    fn traits(&self) -> Traits {
        Traits {
            data_size: data_size::<Traits>(),
            shared_data_dir: self.shared.as_ptr(),
            user_data_dir: self.own.as_ptr(),
            distribution_name: c"Lianxin".as_ptr(),
            distribution_code_name: c"lianxin".as_ptr(),
            distribution_version: c"1".as_ptr(),
            app_name: APP.as_ptr(),
            modules: self.modules.as_ptr(),
            min_log_level: LOG_ERRORS,
            // Standard error instead of files.
            log_dir: c"".as_ptr(),
            prebuilt_data_dir: self.staging.as_ptr(),
            staging_dir: self.staging.as_ptr(),
        }
    }
}

/// Everything that types; not the plug-ins that a system may have beside them.
const MODULES: [&CStr; 3] = [c"core", c"dict", c"gears"];
/// The same, and what compiles tables.
const DEPLOYER: [&CStr; 4] = [c"core", c"dict", c"gears", c"levers"];

/// A folder that can't be: the library would note in the user's own when which schema was opened.
const NOWHERE: &str = "/dev/null/nowhere";

static SET_UP: Once = Once::new();

/// The library.
pub(super) struct Rime {
    setup: unsafe extern "C" fn(*mut Traits),
    initialize: unsafe extern "C" fn(*mut Traits),
    finalize: unsafe extern "C" fn(),
    deployer_initialize: unsafe extern "C" fn(*mut Traits),
    deploy_schema: unsafe extern "C" fn(*const c_char) -> c_int,
    deploy_config_file: unsafe extern "C" fn(*const c_char, *const c_char) -> c_int,
    create_session: unsafe extern "C" fn() -> SessionId,
    destroy_session: unsafe extern "C" fn(SessionId) -> c_int,
    process_key: unsafe extern "C" fn(SessionId, c_int, c_int) -> c_int,
    clear_composition: unsafe extern "C" fn(SessionId),
    get_context: unsafe extern "C" fn(SessionId, *mut Context) -> c_int,
    free_context: unsafe extern "C" fn(*mut Context) -> c_int,
    select_schema: unsafe extern "C" fn(SessionId, *const c_char) -> c_int,
    set_option: unsafe extern "C" fn(SessionId, *const c_char, c_int),
    /// The library's own word for its version.
    pub(super) version: String,
    _permit: Permit,
}

impl Rime {
    /// Loads the library, which then stays in the process; waits while somebody else uses it.
    ///
    /// # Errors
    /// Where it isn't there, isn't librime, or is older than 1.8.
    pub(super) fn load(library: &Path) -> Result<Self, Problem> {
        let permit = Permit::wait();
        let shown = || library.display().to_string();
        // SAFETY: loading librime registers its modules and does nothing else.
        let loaded = unsafe { libloading::Library::new(library) }
            .map_err(|source| Problem::Library { library: shown(), source })?;
        type GetApi = unsafe extern "C" fn() -> *const Api;
        // SAFETY: the one signature that this function has had since librime 1.0.
        let get_api = unsafe { loaded.get::<GetApi>(b"rime_get_api\0") }
            .map_err(|source| Problem::Library { library: shown(), source })?;
        // SAFETY: called as its signature says; the table is the library's and lives as long.
        let api = unsafe { get_api() };
        if api.is_null() {
            return Err(Problem::TooOld { library: shown() });
        }
        // SAFETY: every version's table begins with this member.
        let size = unsafe { ptr::addr_of!((*api).data_size).read() };
        if usize::try_from(size).unwrap_or(0) + size_of::<c_int>() < size_of::<Api>() {
            return Err(Problem::TooOld { library: shown() });
        }
        // SAFETY: the table goes at least as far as `Api`, as was seen just above.
        let api = unsafe { &*api };
        // Its threads, statics and logs are not made to be taken away again.
        mem::forget(loaded);
        Self::from_table(api, permit).ok_or_else(|| Problem::TooOld { library: shown() })
    }

    fn from_table(api: &Api, permit: Permit) -> Option<Self> {
        // SAFETY: called as its signature says; the text is a literal of the library's.
        let version = unsafe { CStr::from_ptr((api.get_version?)()) };
        Some(Self {
            setup: api.setup?,
            initialize: api.initialize?,
            finalize: api.finalize?,
            deployer_initialize: api.deployer_initialize?,
            deploy_schema: api.deploy_schema?,
            deploy_config_file: api.deploy_config_file?,
            create_session: api.create_session?,
            destroy_session: api.destroy_session?,
            process_key: api.process_key?,
            clear_composition: api.clear_composition?,
            get_context: api.get_context?,
            free_context: api.free_context?,
            select_schema: api.select_schema?,
            set_option: api.set_option?,
            version: version.to_string_lossy().into_owned(),
            _permit: permit,
        })
    }

    /// Sets up what the library has once in a process: its logs.
    fn set_up(&self, traits: &mut Traits) {
        // SAFETY: `traits` is whole and outlives the call; a second call would end the process, hence the `Once`.
        SET_UP.call_once(|| unsafe { (self.setup)(traits) });
    }

    /// Compiles the tables of `schemas` into `own/build`, from the sources in `own` and in `shared`.
    ///
    /// # Errors
    /// Where the library cannot, with what it could not make.
    pub(super) fn deploy(&self, shared: &Path, own: &Path, schemas: &[&str]) -> Result<(), Problem> {
        let folders = Folders::new(shared, own, own, &DEPLOYER)?;
        let mut traits = folders.traits();
        self.set_up(&mut traits);
        // SAFETY: `traits` and what it points to outlive the calls; the texts are ended by a zero.
        unsafe {
            (self.deployer_initialize)(&raw mut traits);
            let mut failed = None;
            if (self.deploy_config_file)(c"default.yaml".as_ptr(), c"config_version".as_ptr()) == 0 {
                failed = Some("default.yaml".to_owned());
            }
            for schema in schemas {
                let file = own.join(format!("{schema}.schema.yaml"));
                let path = CString::new(file.as_os_str().as_bytes()).map_err(|_| Problem::Path(file))?;
                if failed.is_none() && (self.deploy_schema)(path.as_ptr()) == 0 {
                    failed = Some((*schema).to_owned());
                }
            }
            (self.finalize)();
            failed.map_or(Ok(()), |what| Err(Problem::Deploy { what }))
        }
    }

    /// Begins to answer with the tables in `tables/build`.
    ///
    /// # Errors
    /// Where the path of the tables cannot be said in C.
    pub(super) fn start(self, tables: &Path) -> Result<Started, Problem> {
        // What lies in the tables' folder is all that is read from here on.
        let folders = Folders::new(tables, Path::new(NOWHERE), tables, &MODULES)?;
        let mut traits = folders.traits();
        self.set_up(&mut traits);
        // SAFETY: `traits` and what it points to outlive the call; the library copies what it keeps.
        unsafe { (self.initialize)(&raw mut traits) };
        Ok(Started(self))
    }
}

/// The library at work.
pub(super) struct Started(Rime);

impl Drop for Started {
    fn drop(&mut self) {
        // SAFETY: it was initialised, and its sessions are not used any more: their use borrows this.
        unsafe { (self.0.finalize)() };
    }
}

/// One of the library's sessions; what it has is of one schema. Given back with the library.
#[derive(Debug, Clone, Copy)]
pub(super) struct Session(SessionId);

impl Started {
    /// Opens a session with a schema.
    pub(super) fn session(&self, schema: &CStr) -> Option<Session> {
        // SAFETY: called as the signature says; the library is initialised.
        let id = unsafe { (self.0.create_session)() };
        if id == 0 {
            return None;
        }
        // SAFETY: `id` is a session's, the text is ended by a zero.
        if unsafe { (self.0.select_schema)(id, schema.as_ptr()) } == 0 {
            // SAFETY: `id` is a session's and is not used again.
            unsafe { (self.0.destroy_session)(id) };
            return None;
        }
        Some(Session(id))
    }

    /// The words that `letters` (a to z and apostrophes) may stand for, each with how many of them it uses; at most `most`.
    pub(super) fn words(&self, Session(id): Session, letters: &str, most: usize) -> Vec<(String, usize)> {
        self.latin(id, true);
        for letter in letters.bytes() {
            // SAFETY: `id` is a session's.
            unsafe { (self.0.process_key)(id, c_int::from(letter), 0) };
        }
        self.latin(id, false);
        let mut words = Vec::new();
        while words.len() < most
            && let Some((at, word)) = self.highlighted(id, letters)
            && at == words.len()
        {
            words.push(word);
            // SAFETY: `id` is a session's.
            unsafe { (self.0.process_key)(id, DOWN, 0) };
        }
        // SAFETY: `id` is a session's.
        unsafe { (self.0.clear_composition)(id) };
        words
    }

    /// Whether letters stay letters. The library looks for words after every key; with this it does so once for all of the
    /// letters, when it is switched off, and not for each of their beginnings as well.
    fn latin(&self, id: SessionId, on: bool) {
        // SAFETY: `id` is a session's, the text is ended by a zero.
        unsafe { (self.0.set_option)(id, c"ascii_mode".as_ptr(), c_int::from(on)) };
    }

    /// The candidate that is chosen at this moment: its place, its text, and how many of the letters it uses. What it
    /// does not use stands behind it as it was typed.
    fn highlighted(&self, id: SessionId, letters: &str) -> Option<(usize, (String, usize))> {
        // SAFETY: all of its members may be zero.
        let mut context: Context = unsafe { mem::zeroed() };
        context.data_size = data_size::<Context>();
        // SAFETY: `id` is a session's, the structure is as large as it says.
        if unsafe { (self.0.get_context)(id, &raw mut context) } == 0 {
            return None;
        }
        let word = Self::read(&context, letters);
        // SAFETY: filled by `get_context`, and not used again.
        unsafe { (self.0.free_context)(&raw mut context) };
        word
    }

    fn read(context: &Context, letters: &str) -> Option<(usize, (String, usize))> {
        let Context { menu, composition, .. } = context;
        let on_page = usize::try_from(menu.highlighted).ok()?;
        if on_page >= usize::try_from(menu.candidates_len).ok()? || menu.candidates.is_null() {
            return None;
        }
        // SAFETY: the library says that so many candidates are there.
        let candidate = unsafe { &*menu.candidates.add(on_page) };
        if candidate.text.is_null() || composition.preedit.is_null() {
            return None;
        }
        // SAFETY: both are texts that the library ended with a zero, valid until the context is freed.
        let (text, preedit) = unsafe { (CStr::from_ptr(candidate.text), CStr::from_ptr(composition.preedit)) };
        let behind = preedit.to_bytes().get(usize::try_from(composition.selection_end).ok()?..)?;
        let used = letters.len().checked_sub(behind.len())?;
        let at = usize::try_from(menu.page).ok()? * usize::try_from(menu.page_size).ok()? + on_page;
        (used > 0).then(|| (at, (text.to_string_lossy().into_owned(), used)))
    }
}
