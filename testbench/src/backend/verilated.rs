//! The exported Verilog, compiled by Verilator and loaded into this process.

use super::{toolchain, Backend, BuildError, Design, Kind, Options, Pins};
use libloading::Library;
use std::ffi::{c_char, c_int, c_void, CString};
use std::marker::PhantomData;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

type Create = unsafe extern "C" fn(*const c_char) -> *mut c_void;
type Step = unsafe extern "C" fn(*mut c_void, *const u32, *mut u32);
type Record = unsafe extern "C" fn(*mut c_void, c_int);
type Call = unsafe extern "C" fn(*mut c_void);

/// A design in its compiled model.
pub struct Verilated<D: Design> {
    model: *mut c_void,
    step: Step,
    record: Record,
    flush: Call,
    destroy: Call,
    inputs: Vec<u32>,
    outputs: Vec<u32>,
    warnings: Vec<String>,
    design: PhantomData<fn() -> D>,
    /// Last, so that the code outlives what it made.
    _library: Library,
}

// SAFETY: the model holds no thread-local state, and `&mut self` keeps calls apart.
unsafe impl<D: Design> Send for Verilated<D> {}

impl<D: Design> Verilated<D> {
    /// A fresh model, all registers at zero; compiled first where it is not in the cache. The waveform goes to `vcd`.
    pub fn new(design: &D, vcd: Option<&Path>) -> Result<Self, BuildError> {
        let built = toolchain::build(design, Options { trace: vcd.is_some() })?;
        let load = |error: libloading::Error| BuildError::Load(format!("{}: {error}", built.library.display()));
        let path = vcd.map(|path| CString::new(path.as_os_str().as_bytes()).map_err(|_| BuildError::Load("NUL in a file name".into())));
        let path = path.transpose()?;
        // SAFETY: the library was built from our shim, whose functions have these types; static constructors only set up
        // Verilator's own tables.
        unsafe {
            let library = Library::new(&built.library).map_err(load)?;
            let create = *library.get::<Create>(b"holdfast_create\0").map_err(load)?;
            let step = *library.get::<Step>(b"holdfast_step\0").map_err(load)?;
            let record = *library.get::<Record>(b"holdfast_record\0").map_err(load)?;
            let flush = *library.get::<Call>(b"holdfast_flush\0").map_err(load)?;
            let destroy = *library.get::<Call>(b"holdfast_destroy\0").map_err(load)?;
            let model = create(path.as_ref().map_or(std::ptr::null(), |path| path.as_ptr()));
            if model.is_null() {
                let path = vcd.unwrap_or(Path::new("waveform"));
                return Err(BuildError::file(path, std::io::Error::other("the waveform cannot be written")));
            }
            Ok(Self {
                model,
                step,
                record,
                flush,
                destroy,
                inputs: vec![0; D::Inputs::words()],
                outputs: vec![0; D::Outputs::words()],
                warnings: built.warnings,
                design: PhantomData,
                _library: library,
            })
        }
    }

    /// Verilator's warnings about the design, apart from the expected classes.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

impl<D: Design> Backend<D::Inputs, D::Outputs> for Verilated<D> {
    fn step(&mut self, inputs: &D::Inputs) -> D::Outputs {
        inputs.pack(&mut self.inputs);
        // SAFETY: the model is alive, and both buffers have the size the shim was written for.
        unsafe { (self.step)(self.model, self.inputs.as_ptr(), self.outputs.as_mut_ptr()) };
        D::Outputs::unpack(&self.outputs)
    }

    fn kind(&self) -> Kind {
        Kind::Verilator
    }

    fn record(&mut self, on: bool) {
        // SAFETY: the model is alive.
        unsafe { (self.record)(self.model, on.into()) }
    }

    fn flush(&mut self) {
        // SAFETY: the model is alive.
        unsafe { (self.flush)(self.model) }
    }
}

impl<D: Design> Drop for Verilated<D> {
    fn drop(&mut self) {
        // SAFETY: made by `holdfast_create`, destroyed once.
        unsafe { (self.destroy)(self.model) }
    }
}
