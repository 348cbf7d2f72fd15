(define (problem two) (:domain courier)
  (:objects hill quay - place
            v - van b - bike
            red blue - parcel)
  (:init (at v depot) (at b depot) (broken v) (at red depot) (at blue quay)
         (road depot hill) (road hill depot) (road depot quay) (road quay depot)
         (road hill quay) (road quay hill) (steep depot hill) (steep quay hill)
         (= (total-cost) 0)
         (= (length depot hill) 4) (= (length hill depot) 4) (= (length depot quay) 3)
         (= (length quay depot) 3) (= (length hill quay) 6) (= (length quay hill) 6))
  (:goal (and (at red hill) (at blue depot) (not (at v depot))))
  (:metric minimize (total-cost)))
