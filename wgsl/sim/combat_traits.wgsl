// What agents see of each other: `combat_body`, one for each entity index, is written at the
// beginning of a tick and zero between ticks, so that nobody is there who has ended since.
//   xyz: Position; w: traits, which are these bits and the team + 1 above them (0: no team)
const POSTURE = 3; // stands, crouches or lies
const THERE = 4;
const MORTAL = 8;  // has Health
const UP = 16;     // and points left; also who has no Health
const WEAPON = 32; // and the three bits above: kind of Weapon + 1 (0: none)
const WEAPONS = 15;
const TEAM = 512;  // and above: ids below 2^22 - 1, others count as no team

/// A team among the traits.
fn team_trait(id: u32) -> i32 {
    return select(0, i32(id + 1u) * TEAM, id < 0x3fffffu);
}
