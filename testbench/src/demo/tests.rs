use super::*;

#[test]
fn the_stations_are_each_others_counterparts() {
    let (client, server) = (client().unwrap(), server().unwrap());
    for (a, b) in [(&client.outbound, &server.inbound), (&server.outbound, &client.inbound)] {
        assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(b) {
            let (a, b) = (a.sa.words(), b.sa.words());
            // SPI, salt, ports and key are one; the addresses are seen from the other end.
            assert_eq!(a[1..12], b[1..12]);
            assert_eq!((&a[12..16], &a[16..20]), (&b[16..20], &b[12..16]));
        }
    }
}

#[test]
fn the_recordings_have_frames_of_both_sides() {
    let traffic = load().unwrap();
    assert!(traffic.client.len() > 700 && traffic.server.len() > 1700);
    let kinds = (choose::choose(&traffic.client, 1).len(), choose::choose(&traffic.server, 1).len());
    assert!((15..40).contains(&kinds.0) && (15..40).contains(&kinds.1), "{kinds:?}");
}

#[test]
fn plain_traffic_is_readable_on_the_wire() {
    let seen = on_the_wire(&load().unwrap().client);
    assert!(seen.readable > 600 && seen.esp == 0, "{seen:?}");
}
