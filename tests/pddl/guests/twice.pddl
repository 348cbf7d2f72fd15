; One guest cannot be in two rooms, though she can be in each.
(define (problem twice) (:domain guests)
  (:objects ann - guest pip - porter hall east - room brass - key)
  (:init (in ann hall) (in pip hall) (free pip) (has pip brass)
         (door hall east brass) (door east hall brass))
  (:goal (and (in ann hall) (in ann east))))
