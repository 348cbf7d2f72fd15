//! import sim/nav_cells.wgsl
// Enters the cell of each target for its field. Of several targets the cell with the lowest number
// counts: claims are the larger the lower the number, and 0 is none.
fn each(slot: u32) {
    let field = flow_target[slot].field;
    if (field >= u32(NAV_FIELDS)) { return; }
    let cell = nav_index(nav_cell(nav_place(flow_target[slot].place)));
    atomicMax(&nav_claim[field], u32(NAV_CELLS) - cell);
}
