//! `#[derive(Ports)]` for the blocks of `holdfast-hdl`: lists a block's input ports, so that the simulator can tell whether anything came to it.
use proc_macro::TokenStream;
use quote::quote;
use syn::{parse_macro_input, Data, DeriveInput, Error, GenericArgument, PathArguments, Type};

/// Implements `crate::cell::Ports`: every field of type `Signal<In, _>` is asked, and every row of them (`[Signal<In, _>; N]`).
#[proc_macro_derive(Ports)]
pub fn derive_ports(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as DeriveInput);
    let Data::Struct(data) = &input.data else {
        return Error::new_spanned(&input, "blocks are structs").to_compile_error().into();
    };
    let ports = data.fields.iter().filter(|field| is_input(&field.ty)).filter_map(|field| field.ident.as_ref());
    let (name, (generics, arguments, clause)) = (&input.ident, input.generics.split_for_impl());
    quote! {
        impl #generics crate::cell::Ports for #name #arguments #clause {
            fn awaits(&self) -> bool {
                false #(|| crate::cell::Ports::awaits(&self.#ports))*
            }
        }
    }
    .into()
}

fn is_input(of: &Type) -> bool {
    match of {
        Type::Array(row) => is_input(&row.elem),
        Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            let PathArguments::AngleBracketed(arguments) = &last.arguments else { return false };
            let direction = arguments.args.first();
            last.ident == "Signal" && matches!(direction, Some(GenericArgument::Type(Type::Path(d))) if d.path.is_ident("In"))
        }),
        _ => false,
    }
}
