; Parcels between places, by van or by bike. Roads have lengths, loading costs nothing.
(define (domain courier)
  (:requirements :strips :typing :equality :negative-preconditions :action-costs)
  (:types place vehicle parcel - object
          van bike - vehicle)
  (:constants depot - place)
  (:predicates (at ?what - (either vehicle parcel) ?where - place)
               (in ?what - parcel ?vehicle - vehicle)
               (road ?from ?to - place)
               (steep ?from ?to - place)
               (broken ?vehicle - vehicle))
  (:functions (length ?from ?to - place) - number
              (total-cost) - number)

  (:action drive
    :parameters (?vehicle - van ?from ?to - place)
    :precondition (and (at ?vehicle ?from) (road ?from ?to) (not (broken ?vehicle)))
    :effect (and (at ?vehicle ?to) (not (at ?vehicle ?from))
                 (increase (total-cost) (length ?from ?to))))

  (:action ride
    :parameters (?vehicle - bike ?from ?to - place)
    :precondition (and (at ?vehicle ?from) (road ?from ?to) (not (steep ?from ?to)))
    :effect (and (at ?vehicle ?to) (not (at ?vehicle ?from))
                 (increase (total-cost) (length ?from ?to)) (increase (total-cost) 1)))

  (:action load
    :parameters (?what - parcel ?vehicle - vehicle ?where - place)
    :precondition (and (at ?what ?where) (at ?vehicle ?where))
    :effect (and (in ?what ?vehicle) (not (at ?what ?where))))

  (:action unload
    :parameters (?what - parcel ?vehicle - vehicle ?where - place)
    :precondition (and (in ?what ?vehicle) (at ?vehicle ?where))
    :effect (and (at ?what ?where) (not (in ?what ?vehicle))))

  (:action swap
    :parameters (?a ?b - vehicle ?what - parcel ?where - place)
    :precondition (and (at ?a ?where) (at ?b ?where) (in ?what ?a) (not (= ?a ?b))
                       (not (= ?where depot)))
    :effect (and (in ?what ?b) (not (in ?what ?a)) (increase (total-cost) 1)))

  (:action mend
    :parameters (?vehicle - vehicle)
    :precondition (and (broken ?vehicle) (at ?vehicle depot))
    :effect (and (not (broken ?vehicle)) (increase (total-cost) 2))))
